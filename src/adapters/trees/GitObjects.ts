/** Objects of git: which ones a worktree's state needs and nothing else is sure to keep; reading them and writing them again. */
import { hash } from "node:crypto"
import { deflateSync } from "node:zlib"
import { TreeDamaged } from "../../app/ports/TreeStore.ts"
import { runGit } from "./RunGit.ts"

/** git on a git directory alone; what asks for a work tree gets the directory itself, and looks at nothing in it. */
export const gitIn = (
  gitDirectory: string,
  args: ReadonlyArray<string>,
  input?: string | Buffer,
  codes?: ReadonlyArray<number>
) =>
  runGit(gitDirectory, [`--git-dir=${gitDirectory}`, ...args], {
    ...(input === undefined ? {} : { input }),
    ...(codes === undefined ? {} : { codes }),
    env: { GIT_WORK_TREE: gitDirectory }
  })

/** What HEAD is on, as a full name of a ref and as a commit; null where there is none. */
export interface Head {
  readonly ref: string | null
  readonly commit: string | null
}

export const headOf = (gitDirectory: string): Head => {
  const line = (args: ReadonlyArray<string>) =>
    gitIn(gitDirectory, args, "", [0, 1, 128]).toString("utf8").trim() || null
  const ref = line(["symbolic-ref", "--quiet", "HEAD"])
  return { ref, commit: line(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) }
}

interface Refs {
  readonly head: Head
  /** What branches, remote branches and tags point to that are sure to stay. */
  readonly sure: ReadonlyArray<string>
}

/** HEAD and what is sure to stay, of one look at all refs. `headText`: what the file HEAD holds. */
export const refsOf = (gitDirectory: string, headText: string): Refs => {
  const ref = /^ref: (\S+)\s*$/.exec(headText)?.[1] ?? null
  const places = ["refs/heads", "refs/remotes", "refs/tags", ...(ref === null ? [] : [ref])]
  const listed = gitIn(gitDirectory, ["for-each-ref", "--format=%(objectname) %(refname)", ...places])
  const refs = listed
    .toString("utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ id: line.slice(0, line.indexOf(" ")), name: line.slice(line.indexOf(" ") + 1) }))
  const commit = ref === null ? headText.trim() : (refs.find(({ name }) => name === ref)?.id ?? null)
  // Branches of other workspaces go as this one may.
  const isSure = (name: string) => name !== ref && !name.startsWith("refs/heads/nexus/")
  return { head: { ref, commit }, sure: refs.filter(({ name }) => isSure(name)).map(({ id }) => id) }
}

const objectId = /\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/g

/**
 * Those that are reachable from HEAD, the index or what is in progress, and from nothing that is sure to stay; some may be missing.
 * `texts`: what the state's files hold; object ids in them count.
 */
export const neededObjects = (
  gitDirectory: string,
  { head, sure }: Refs,
  texts: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const mentioned = new Set(texts.flatMap((text) => text.match(objectId) ?? []))
  if (head.commit !== null) mentioned.delete(head.commit)
  const staged = stagedIn(gitDirectory, head)
  const tips = [...(head.commit === null ? [] : [head.commit]), ...existing(gitDirectory, [...mentioned])]
  if (tips.length === 0) return [...new Set(staged)].sort()
  const input = [...tips, ...sure.map((id) => `^${id}`)].join("\n")
  const listed = gitIn(gitDirectory, ["rev-list", "--objects", "--no-object-names", "--stdin"], `${input}\n`)
  return [...new Set([...listed.toString("latin1").split("\n").filter(Boolean), ...staged])].sort()
}

/** Contents that are in the index and not in HEAD, those of conflicts among them. Gitlinks are commits of another repository. */
const stagedIn = (gitDirectory: string, head: Head): ReadonlyArray<string> => {
  const ask = (...args: ReadonlyArray<string>) => gitIn(gitDirectory, args).toString("latin1").split("\0")
  // "100644 <id> 0\tpath"
  const listed = (which: string) => ask("ls-files", which, "-z").map((line) => line.split(/[ \t]/, 2))
  // ":100644 100644 <old> <new> M" and the path, in turns
  const options = ["--cached", "--raw", "--no-renames", "--full-index", "-z"]
  const changed = (head.commit === null ? [] : ask("diff-index", ...options, head.commit))
    .filter((_, index) => index % 2 === 0)
    .map((line) => line.split(" "))
  const isConflicted = changed.some(([, , , , status]) => status === "U")
  return [
    ...changed.map(([, mode, , id]) => [mode, id]),
    ...(head.commit === null ? listed("--stage") : isConflicted ? listed("--unmerged") : [])
  ].flatMap(([mode, id]) => (id === undefined || id === "" || mode === "160000" || /^0+$/.test(id) ? [] : [id]))
}

/** Those of them that are there. */
export const existing = (gitDirectory: string, ids: ReadonlyArray<string>): ReadonlySet<string> => {
  if (ids.length === 0) return new Set()
  const lines = gitIn(gitDirectory, ["cat-file", "--batch-check=%(objectname)"], `${ids.join("\n")}\n`).toString(
    "latin1"
  )
  return new Set(lines.split("\n").filter((line) => line !== "" && !line.includes(" ")))
}

/** So many objects are read at once: they are in memory together. */
const together = 1000

/** Gives objects as git hashes them, `type size\0content`; those that are missing are passed over. */
export const readObjects = (
  gitDirectory: string,
  ids: ReadonlyArray<string>,
  visit: (id: string, bytes: Buffer) => void
): void => {
  for (let first = 0; first < ids.length; first += together) {
    const input = `${ids.slice(first, first + together).join("\n")}\n`
    const output = gitIn(gitDirectory, ["cat-file", "--batch"], input)
    for (let at = 0; at < output.length;) {
      const end = output.indexOf("\n", at)
      // "<id> <type> <size>", or "<id> missing"
      const [id = "", type = "", size = ""] = output.toString("latin1", at, end).split(" ")
      at = end + 1
      if (size === "") continue
      const length = Number(size)
      visit(id, Buffer.concat([Buffer.from(`${type} ${size}\0`), output.subarray(at, at + length)]))
      at += length + 1
    }
  }
}

const types: Readonly<Record<string, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 }

/** Writes those into the repository (gitformat-pack(5)). Thrown: TreeDamaged for what is not the object of its id. */
export const writeObjects = (gitDirectory: string, objects: ReadonlyMap<string, Buffer>, tree: string): void => {
  const longIds = [...objects.keys()].some((id) => id.length === 64)
  const head = Buffer.alloc(12)
  head.write("PACK", 0, "latin1")
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.size, 8)
  const parts: Array<Buffer> = [head]
  for (const [id, bytes] of objects) {
    if (hash(longIds ? "sha256" : "sha1", bytes, "hex") !== id)
      throw new TreeDamaged({ hash: tree, detail: `git's object ${id} is not what it was` })
    const zero = bytes.indexOf(0)
    const type = types[bytes.toString("latin1", 0, bytes.indexOf(" "))] ?? 0
    parts.push(sizeOf(type, bytes.length - zero - 1), deflateSync(bytes.subarray(zero + 1), { level: 1 }))
  }
  const body = Buffer.concat(parts)
  gitIn(
    gitDirectory,
    ["unpack-objects", "-q"],
    Buffer.concat([body, hash(longIds ? "sha256" : "sha1", body, "buffer")])
  )
}

const sizeOf = (type: number, size: number): Buffer => {
  const bytes = [(type << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}
