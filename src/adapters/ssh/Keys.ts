/** Key pairs: our own, which is made once and kept; hosts', which are not kept here; and the user's public ones. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { type Identity, type KeyPair, SshFilesUnusable, type UserKey } from "../../app/ports/Ssh.ts"
import { hasCode, reasonOf } from "./Causes.ts"
import * as Library from "./Library.ts"
import { fingerprintOf, parsePublicKey, printPublicKey } from "./PublicKey.ts"

export const makeKey = (comment: string): Effect.Effect<KeyPair> =>
  Effect.promise(async () => {
    const { generateKeyPairSync } = await Library.keygen()
    const pair = generateKeyPairSync("ed25519", { comment })
    return pairOf(pair.private, pair.public)
  })

const pairOf = (privateKey: string, publicKey: string): KeyPair => {
  const parsed = parsePublicKey(publicKey)
  if (parsed === undefined) throw new Error("not a public key")
  return { privateKey, publicKey, fingerprint: fingerprintOf(parsed.bytes) }
}

/** Our own key pair in `folder`; made there at the first use, the same for all who ask at once. */
export const identityIn = (folder: string): Effect.Effect<Identity, SshFilesUnusable> => {
  const file = join(folder, "id_ed25519")
  return Effect.tryPromise({
    try: async () => {
      const privateKey = readIfThere(file) ?? (await makeOnce(file))
      const { parseKey } = await Library.keyParser()
      const parsed = parseKey(privateKey)
      const [key] = Array.isArray(parsed) ? parsed : [parsed]
      if (key instanceof Error) throw key
      // OpenSSH's client refuses one that others may read.
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
      const bytes = key.getPublicSSH()
      const publicKey = printPublicKey({ type: key.type, bytes, comment: key.comment })
      return { privateKey, publicKey, fingerprint: fingerprintOf(bytes), file }
    },
    catch: (cause) => new SshFilesUnusable({ path: file, reason: reasonOf(cause) })
  })
}

/** Of our own key pair only what a connection needs; the library is not loaded for it when the key is there. */
export const privateKeyIn = (folder: string): Effect.Effect<string, SshFilesUnusable> => {
  const file = join(folder, "id_ed25519")
  return Effect.tryPromise({
    try: async () => readIfThere(file) ?? (await makeOnce(file)),
    catch: (cause) => new SshFilesUnusable({ path: file, reason: reasonOf(cause) })
  })
}

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined
    throw cause
  }
}

/** Whoever gives the whole file its name first has made the key; the others take that one. */
const makeOnce = async (file: string): Promise<string> => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const { generateKeyPairSync } = await Library.keygen()
  const pair = generateKeyPairSync("ed25519", { comment: "nexus" })
  const unfinished = `${file}.${process.pid}.${Math.trunc(performance.now() * 1000)}.tmp`
  try {
    writeDurably(unfinished, pair.private)
    linkSync(unfinished, file)
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw cause
    return readFileSync(file, "utf8")
  } finally {
    rmSync(unfinished, { force: true })
  }
  // For people and for `ssh -i`, which can tell the agent's key by it; the private one says the same.
  writeDurably(`${unfinished}.pub`, `${pair.public}\n`)
  renameSync(`${unfinished}.pub`, `${file}.pub`)
  return pair.private
}

const writeDurably = (path: string, text: string): void => {
  const file = openSync(path, "wx", 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Of `.ssh/*.pub` in a home folder, and of an agent; each once. */
export const userKeys = (home: string, agent: string | undefined): Effect.Effect<ReadonlyArray<UserKey>> =>
  Effect.promise(async () => {
    const found = [...(await ofFiles(join(home, ".ssh"))), ...(agent === undefined ? [] : await ofAgent(agent))]
    return [...new Map(found.toReversed().map((key) => [key.fingerprint, key])).values()].toReversed()
  })

const ofFiles = async (folder: string): Promise<ReadonlyArray<UserKey>> => {
  // A user without keys, or whose keys can't be read, has none to offer: that is no failure.
  const names = await readdir(folder).catch((): Array<string> => [])
  const files = names
    .filter((name) => name.endsWith(".pub"))
    .sort()
    .map((name) => join(folder, name))
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")))
  return texts.flatMap((text, index) => toUserKeys(text.split("\n"), files[index] ?? ""))
}

const ofAgent = async (socket: string): Promise<ReadonlyArray<UserKey>> => {
  const { OpenSSHAgent } = await Library.agent()
  const lines = await new Promise<ReadonlyArray<string>>((resolve) => {
    new OpenSSHAgent(socket).getIdentities((error, keys = []) => {
      // An agent that is gone has no keys.
      if (error != null) return resolve([])
      return resolve(
        keys.flatMap((key) =>
          typeof key === "object" && "getPublicSSH" in key
            ? [printPublicKey({ type: key.type, bytes: key.getPublicSSH(), comment: key.comment })]
            : []
        )
      )
    })
  })
  return toUserKeys(lines, "agent")
}

const toUserKeys = (lines: ReadonlyArray<string>, source: string): ReadonlyArray<UserKey> =>
  lines.flatMap((line) => {
    const key = parsePublicKey(line)
    return key === undefined ? [] : [{ publicKey: printPublicKey(key), fingerprint: fingerprintOf(key.bytes), source }]
  })
