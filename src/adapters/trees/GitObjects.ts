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

const objectId = /\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/g

/** Branches of other workspaces go as this one may. */
const isSure = (ref: string, head: Head): boolean => ref !== head.ref && !ref.startsWith("refs/heads/nexus/")

/**
 * Those that are reachable from HEAD, the index or what is in progress, and from no other branch, remote branch or tag. `texts`: what
 * the state's files hold; object ids in them count.
 */
export const neededObjects = (
  gitDirectory: string,
  head: Head,
  texts: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const mentioned = new Set(texts.flatMap((text) => text.match(objectId) ?? []))
  if (head.commit !== null) mentioned.add(head.commit)
  const staged = stagedIn(gitDirectory, head)
  const present = existing(gitDirectory, [...mentioned, ...staged])
  const tips = [...mentioned].filter((id) => present.has(id))
  const sure = gitIn(gitDirectory, [
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/heads",
    "refs/remotes",
    "refs/tags"
  ])
    .toString("utf8")
    .split("\n")
    .flatMap((line) =>
      line !== "" && isSure(line.slice(line.indexOf(" ") + 1), head) ? [`^${line.slice(0, line.indexOf(" "))}`] : []
    )
  if (tips.length === 0) return staged.filter((id) => present.has(id))
  const listed = gitIn(
    gitDirectory,
    ["rev-list", "--objects", "--no-object-names", "--stdin"],
    `${[...tips, ...sure].join("\n")}\n`
  )
  const reached = listed.toString("latin1").split("\n").filter(Boolean)
  return [...new Set([...reached, ...staged.filter((id) => present.has(id))])].sort()
}

/** Contents that are in the index and not in HEAD, those of conflicts among them. Gitlinks are commits of another repository. */
const stagedIn = (gitDirectory: string, head: Head): ReadonlyArray<string> => {
  const ask = (...args: ReadonlyArray<string>) => gitIn(gitDirectory, args).toString("latin1").split("\0")
  // "100644 <id> 0\tpath"
  const listed = ask("ls-files", head.commit === null ? "--stage" : "--unmerged", "-z").map((line) =>
    line.split(/[ \t]/, 2)
  )
  // ":100644 100644 <old> <new> M" and the path, in turns
  const options = ["--cached", "--raw", "--no-renames", "--full-index", "-z"]
  const changed = (head.commit === null ? [] : ask("diff-index", ...options, head.commit))
    .filter((_, index) => index % 2 === 0)
    .map((line) => line.split(" "))
    .map(([, mode, , id]) => [mode, id])
  return [...listed, ...changed].flatMap(([mode, id]) =>
    id === undefined || id === "" || mode === "160000" || /^0+$/.test(id) ? [] : [id]
  )
}

/** Those of them that are there. */
export const existing = (gitDirectory: string, ids: ReadonlyArray<string>): ReadonlySet<string> => {
  if (ids.length === 0) return new Set()
  const lines = gitIn(gitDirectory, ["cat-file", "--batch-check=%(objectname)"], `${ids.join("\n")}\n`).toString(
    "latin1"
  )
  return new Set(lines.split("\n").filter((line) => line !== "" && !line.includes(" ")))
}

/** Objects as git hashes them: `type size\0content`. */
export const readObjects = (gitDirectory: string, ids: ReadonlyArray<string>): ReadonlyMap<string, Buffer> => {
  const found = new Map<string, Buffer>()
  if (ids.length === 0) return found
  const output = gitIn(gitDirectory, ["cat-file", "--batch"], `${ids.join("\n")}\n`)
  for (let at = 0; at < output.length;) {
    const end = output.indexOf("\n", at)
    const [id = "", type = "", size = ""] = output.toString("latin1", at, end).split(" ")
    const length = Number(size)
    found.set(id, Buffer.concat([Buffer.from(`${type} ${size}\0`), output.subarray(end + 1, end + 1 + length)]))
    at = end + 1 + length + 1
  }
  return found
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
