/**
 * The git directory that a workspace which isolates sees: its own HEAD, index, configuration and refs, with the user's objects to
 * read. Beside it, where the workspace sees nothing, is what we know of it.
 *
 * From the moment that it is mounted it is written by whoever is inside. Nothing on the host ever runs git in it.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type { Mount } from "../../../app/ports/Backend.ts"
import { GitFailed } from "../../../app/ports/Repositories.ts"
import type { Site, WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import { read } from "../Layout.ts"
import { configured } from "./Configuration.ts"
import { attempt, type HostGit, indexOf, refOf } from "./HostGit.ts"
import type { Refs } from "./Refs.ts"
import { packAside, packsOf } from "./Pack.ts"
import { removeTree } from "./RemoveTree.ts"

/** Where they are seen inside. */
export const gitInside = "/nexus/git"
const objectsInside = (index: number): string => `/nexus/objects/${index}`

interface Paths {
  readonly git: string
  /** What is mounted over the worktree's `.git` file. */
  readonly pointer: string
  /** What is mounted over the object stores' own lists of alternates, whose paths are of the host. */
  readonly empty: string
  readonly record: string
}

export const pathsOf = (git: string): Paths => ({
  git,
  pointer: `${git}.file`,
  empty: `${git}.empty`,
  record: `${git}.json`
})

/** What we know of a private git directory. */
export interface PrivateRecord {
  /** Object stores of the host, in the order in which they are mounted. */
  readonly stores: ReadonlyArray<string>
  /** The commit that host and workspace last had in common. */
  readonly exchanged: string | null
  /** Packs of the workspace whose objects the host has. */
  readonly packs: ReadonlyArray<string>
}

export const recordOf = (git: string): PrivateRecord => {
  const text = read(pathsOf(git).record)
  return text === undefined ? { stores: [], exchanged: null, packs: [] } : (JSON.parse(text) as PrivateRecord)
}

export const keepRecord = (git: string, record: PrivateRecord): void => {
  const { record: file } = pathsOf(git)
  writeFileSync(`${file}.tmp`, JSON.stringify(record), { mode: 0o600, flush: true })
  renameSync(`${file}.tmp`, file)
}

export const isPrivateThere = (site: Site): boolean => site.gitDirectory !== undefined && existsSync(site.gitDirectory)

/** It has its name when it is complete. `refs`: those that it may see, and the workspace's own branch. */
export const makePrivate = (git: HostGit, admin: string, refs: Refs): Effect.Effect<void, WorktreeFailure> =>
  Effect.gen(function* () {
    const { site, layout } = git
    const { gitDirectory } = site
    if (gitDirectory === undefined) return
    const commit = refs.get(refOf(site)) ?? null
    const own = site.isApart === true && commit !== null ? yield* ownObjects(git, gitDirectory, commit) : undefined
    yield* attempt(site, "worktree add", () => {
      const stores = storesOf(join(layout.commonDir, "objects"))
      const { pointer, empty } = pathsOf(gitDirectory)
      const folder = `${gitDirectory}.new`
      rmSync(folder, { recursive: true, force: true })
      for (const name of ["objects/info", "objects/pack", "info", `refs/heads/${dirname(site.branch)}`, "refs/tags"])
        mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
      const put = (name: string, content: string): void => writeFileSync(join(folder, name), content, { mode: 0o600 })
      put("HEAD", `ref: ${refOf(site)}\n`)
      put("config", configOf(git))
      if (own === undefined)
        put("objects/info/alternates", stores.map((_, index) => `${objectsInside(index)}\n`).join(""))
      for (const [end, file] of own?.pack.files ?? [])
        renameSync(file, join(folder, `objects/pack/${own?.pack.name}.${end}`))
      put("info/exclude", read(join(layout.commonDir, "info/exclude")) ?? "")
      const isSeen = (ref: string) => !isOfWorkspaces(ref) && own?.refs.has(ref) !== false
      put("packed-refs", [...refs].flatMap(([ref, object]) => (isSeen(ref) ? [`${object} ${ref}\n`] : [])).join(""))
      if (commit !== null) put(`refs/heads/${site.branch}`, `${commit}\n`)
      if (existsSync(join(layout.commonDir, "shallow")))
        copyFileSync(join(layout.commonDir, "shallow"), join(folder, "shallow"))
      if (existsSync(indexOf(admin))) copyFileSync(indexOf(admin), join(folder, "index"))
      writeFileSync(pointer, `gitdir: ${gitInside}\n`, { mode: 0o600 })
      writeFileSync(empty, "", { mode: 0o600 })
      keepRecord(gitDirectory, { stores, exchanged: commit, packs: own === undefined ? [] : [own.pack.name] })
      renameSync(folder, gitDirectory)
    })
  })

/** Of one that borrows nothing: a pack of what a commit needs, and the refs to which that is enough. */
const ownObjects = (git: HostGit, gitDirectory: string, commit: string) =>
  Effect.gen(function* () {
    const pack = yield* packAside(git, gitDirectory, [commit])
    const among = ["refs/heads", "refs/remotes", "refs/tags"]
    const listed = yield* git.main.text(["for-each-ref", "--format=%(refname)", `--merged=${commit}`, ...among])
    return { pack, refs: new Set(listed.split("\n")) }
  })

/** A workspace sees no other one's branch. */
const isOfWorkspaces = (ref: string): boolean => ref.startsWith("refs/heads/nexus/")

/** What a commit needs; nothing of what the user's configuration may name besides. */
const configOf = ({ configuration }: HostGit): string => {
  const of = (name: string) => configured(configuration, name).trimEnd()
  const format = of("extensions.objectformat")
  const [name, email, url] = [of("user.name"), of("user.email"), of("remote.origin.url")]
  const fileMode = of("core.filemode") || "true"
  const hasFormat = format !== "" && format !== "sha1"
  return [
    "[core]",
    `\trepositoryformatversion = ${hasFormat ? 1 : 0}`,
    `\tfilemode = ${fileMode === "false" ? "false" : "true"}`,
    "\tbare = false",
    "\tlogallrefupdates = true",
    ...(hasFormat ? ["[extensions]", `\tobjectFormat = ${quoted(format)}`] : []),
    ...(name === "" && email === "" ? [] : ["[user]"]),
    ...(name === "" ? [] : [`\tname = ${quoted(name)}`]),
    ...(email === "" ? [] : [`\temail = ${quoted(email)}`]),
    ...(url === "" ? [] : ['[remote "origin"]', `\turl = ${quoted(withoutSecrets(url))}`]),
    ...(url === "" ? [] : ["\tfetch = +refs/heads/*:refs/remotes/origin/*"]),
    ""
  ].join("\n")
}

/** git-config(1), SYNTAX. */
const quoted = (value: string): string =>
  `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`

/** Tokens are kept in addresses of remotes. */
const withoutSecrets = (url: string): string => {
  if (!URL.canParse(url) || !/^[a-z+]+:\/\//i.test(url)) return url
  const parsed = new URL(url)
  if (parsed.password !== "" || /^https?:$/.test(parsed.protocol)) parsed.username = ""
  parsed.password = ""
  return parsed.href
}

/** A store and those that it borrows from (gitrepository-layout(5), `objects/info/alternates`). */
export const storesOf = (objects: string): ReadonlyArray<string> => {
  const found = new Set<string>()
  const visit = (store: string, depth: number): void => {
    if (!existsSync(store) || depth > 5) return
    const real = realpathSync(store)
    if (found.has(real)) return
    found.add(real)
    for (const line of (read(join(real, "info/alternates")) ?? "").split("\n")) {
      if (line === "" || line.startsWith("#")) continue
      visit(resolve(real, line.startsWith('"') ? unquoted(line) : line), depth + 1)
    }
  }
  visit(objects, 0)
  return [...found]
}

const unquoted = (line: string): string => {
  try {
    return JSON.parse(line) as string
  } catch {
    return line
  }
}

export const mounts = (site: Site, inside: string): Effect.Effect<ReadonlyArray<Mount>, WorktreeFailure> => {
  const { gitDirectory } = site
  if (gitDirectory === undefined) return Effect.succeed([])
  if (!isPrivateThere(site))
    return new GitFailed({
      path: site.folder,
      operation: "mount",
      detail: `${gitDirectory} is gone; repair the workspace`
    })
  const { pointer, empty } = pathsOf(gitDirectory)
  return attempt(site, "mount", () => [
    { from: pointer, to: `${inside}/.git`, writable: false },
    { from: gitDirectory, to: gitInside, writable: true },
    ...(site.isApart === true ? [] : recordOf(gitDirectory).stores).flatMap((store, index) => [
      { from: store, to: objectsInside(index), writable: false },
      ...(hasAlternates(store) ? [{ from: empty, to: `${objectsInside(index)}/info/alternates`, writable: false }] : [])
    ])
  ])
}

const hasAlternates = (store: string): boolean =>
  existsSync(join(store, "info/alternates")) && readFileSync(join(store, "info/alternates")).length > 0

export const removePrivate = (site: Site): Effect.Effect<void, WorktreeFailure> =>
  attempt(site, "worktree remove", () => {
    if (site.gitDirectory === undefined) return
    const { git, pointer, empty, record } = pathsOf(site.gitDirectory)
    removeTree(git)
    const beside = existsSync(dirname(git)) ? readdirSync(dirname(git)) : []
    // Of an exchange that was ended in the middle.
    const imports = beside.filter((name) => name.startsWith(`${basename(git)}.import-`))
    for (const path of [
      pointer,
      empty,
      record,
      packsOf(git),
      `${git}.new`,
      ...imports.map((name) => join(dirname(git), name))
    ])
      rmSync(path, { recursive: true, force: true })
  })
