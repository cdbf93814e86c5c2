/**
 * Which key OpenSSH clients are to trust for each alias: a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) for every host
 * instead of one for all. Each is written, replaced and removed at once, so that many may come and go together without a lock.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { SshFilesUnusable } from "../../app/ports/Ssh.ts"
import { hasCode, reasonOf } from "./Causes.ts"
import { parsePublicKey } from "./PublicKey.ts"

const form = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,127})$/

export const fileOf = (folder: string, alias: string): string => join(folder, "hosts", alias)

const attempt = <A>(path: string, body: () => A) =>
  Effect.try({ try: body, catch: (cause) => new SshFilesUnusable({ path, reason: reasonOf(cause) }) })

export const know = (folder: string, alias: string, publicKey: string): Effect.Effect<void, SshFilesUnusable> =>
  attempt(fileOf(folder, alias), () => {
    const key = parsePublicKey(publicKey)
    if (!form.test(alias)) throw new Error(`${JSON.stringify(alias)} is no name for a host`)
    if (key === undefined) throw new Error("what is to be trusted is no public key")
    mkdirSync(join(folder, "hosts"), { recursive: true, mode: 0o700 })
    // No alias begins with a dot, so that what is unfinished is never taken for one.
    const unfinished = join(folder, "hosts", `.${alias}.${process.pid}.${Math.trunc(performance.now() * 1000)}`)
    try {
      writeFileSync(unfinished, `${alias} ${key.type} ${key.bytes.toString("base64")}\n`, { mode: 0o600, flag: "wx" })
      renameSync(unfinished, fileOf(folder, alias))
    } finally {
      rmSync(unfinished, { force: true })
    }
  })

export const forget = (folder: string, alias: string): Effect.Effect<void, SshFilesUnusable> =>
  attempt(fileOf(folder, alias), () => {
    if (form.test(alias)) rmSync(fileOf(folder, alias), { force: true })
  })

export const known = (folder: string): Effect.Effect<ReadonlyArray<string>, SshFilesUnusable> =>
  attempt(join(folder, "hosts"), () => {
    try {
      return readdirSync(join(folder, "hosts")).filter((name) => form.test(name))
    } catch (cause) {
      if (hasCode(cause, "ENOENT")) return []
      throw cause
    }
  })
