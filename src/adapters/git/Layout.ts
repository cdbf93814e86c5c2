/** Where git keeps a checkout's HEAD, refs and reflogs (gitrepository-layout(5)), found and read without starting it. */
import { hash } from "node:crypto"
import { type BigIntStats, existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"

export interface Layout {
  /** What belongs to this checkout alone: HEAD, index, HEAD's reflog. */
  readonly gitDir: string
  /** What all checkouts of the repository share: objects, refs, configuration. */
  readonly commonDir: string
  /** Refs and reflogs are in tables (git 2.45 and later), which only git reads. */
  readonly tables: boolean
}

/** Undefined where there is no repository. `top` may be a bare one. */
export const layoutOf = (top: string): Layout | undefined => {
  const gitDir = gitDirOf(top)
  if (gitDir === undefined || !existsSync(join(gitDir, "HEAD"))) return undefined
  const shared = read(join(gitDir, "commondir"))
  const commonDir = shared === undefined ? gitDir : resolve(gitDir, shared.trimEnd())
  return { gitDir, commonDir, tables: existsSync(join(commonDir, "reftable")) }
}

const gitDirOf = (top: string): string | undefined => {
  const entry = join(top, ".git")
  const stat = statSync(entry, { throwIfNoEntry: false })
  if (stat === undefined) return existsSync(join(top, "objects")) ? top : undefined
  if (stat.isDirectory()) return entry
  const pointer = stat.isFile() ? /^gitdir: (.+?)\r?\n?$/s.exec(read(entry) ?? "")?.[1] : undefined
  return pointer === undefined ? undefined : resolve(top, pointer)
}

/** The text of a file; undefined when it cannot be read. */
export const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

export interface Head {
  readonly commit: string | null
  readonly branch: string | null
}

const oid = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** What HEAD is; undefined when it takes git to tell. */
export const headOf = ({ gitDir, commonDir, tables }: Layout): Head | undefined => {
  const head = read(join(gitDir, "HEAD"))?.trimEnd()
  if (tables || head === undefined) return undefined
  if (oid.test(head)) return { commit: head, branch: null }
  const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1]
  if (branch === undefined) return undefined
  const loose = read(join(commonDir, "refs/heads", branch))?.trimEnd()
  if (loose !== undefined) return oid.test(loose) ? { commit: loose, branch } : undefined
  const packed = read(join(commonDir, "packed-refs")) ?? ""
  const end = packed.indexOf(` refs/heads/${branch}\n`)
  return { commit: end < 0 ? null : packed.slice(packed.lastIndexOf("\n", end) + 1, end), branch }
}

/** The commits at which a shallow clone's history was cut off; they look like roots, and are none. */
export const shallowCommits = (top: string): ReadonlySet<string> => {
  const layout = layoutOf(top)
  const list = layout === undefined ? undefined : read(join(layout.commonDir, "shallow"))
  return new Set(list === undefined ? [] : list.trim().split("\n"))
}

/** The top folders of a repository's checkouts that are there, symbolic links resolved; `top` first. */
export const worktreesOf = (top: string): ReadonlyArray<string> => {
  const layout = layoutOf(top)
  if (layout === undefined) return []
  const { commonDir } = layout
  const main = basename(commonDir) === ".git" ? [dirname(commonDir)] : []
  const linked = linkedGitDirs(commonDir).flatMap((folder) => {
    const pointer = read(join(folder, "gitdir"))
    return pointer === undefined ? [] : [dirname(resolve(folder, pointer.trimEnd()))]
  })
  return [...new Set([top, ...main, ...linked].filter((path) => existsSync(path)).map((path) => realpathSync(path)))]
}

/**
 * Refs are replaced by renaming a file into their folder, and reflogs are appended to: so the state of folders and logs is
 * the state of them all.
 */
export const fingerprintOf = (top: string): string => {
  const layout = layoutOf(top)
  if (layout === undefined) return "none"
  const { gitDir, commonDir } = layout
  const heads = [...new Set([gitDir, commonDir, ...linkedGitDirs(commonDir)])]
  const files = [
    ...heads.flatMap((folder) => [join(folder, "HEAD"), join(folder, "logs/HEAD")]),
    ...["packed-refs", "shallow", "logs/refs/stash", "reftable/tables.list"].map((name) => join(commonDir, name)),
    ...foldersIn(join(commonDir, "refs"))
  ]
  return hash("sha256", files.map((file) => `${file} ${stateOf(file)}`).join("\n"))
}

/** A text that changes whenever git's index of a checkout does. */
export const indexStateOf = (top: string): string => {
  const layout = layoutOf(top)
  return layout === undefined ? "none" : stateOf(join(layout.gitDir, "index"))
}

const linkedGitDirs = (commonDir: string): ReadonlyArray<string> =>
  subfolders(join(commonDir, "worktrees")).map((name) => join(commonDir, "worktrees", name))

const foldersIn = (folder: string): ReadonlyArray<string> => [
  folder,
  ...subfolders(folder).flatMap((name) => foldersIn(join(folder, name)))
]

const subfolders = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

const stateOf = (file: string): string => {
  const stat: BigIntStats | undefined = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeNs}`
}
