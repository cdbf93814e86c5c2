/** git's entries for linked worktrees (gitrepository-layout(5), `worktrees/`), and which of them is a workspace's. */
import { lstatSync, mkdirSync, readdirSync, realpathSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import type { Site } from "../../../app/ports/Worktrees.ts"
import { read } from "../Layout.ts"

export interface Admin {
  /** `<common>/worktrees/<id>`. */
  readonly path: string
  /** Where git believes that the worktree is. */
  readonly folder: string
  readonly lock: string | undefined
}

/** The reason of a worktree's lock is also whose it is: git writes it before anything else, so that it outlives any crash. */
export const reasonOf = (site: Site): string => `nexus:${site.workspace}`

export const adminsOf = (commonDir: string): ReadonlyArray<Admin> => {
  const worktrees = join(commonDir, "worktrees")
  let names: ReadonlyArray<string>
  try {
    names = readdirSync(worktrees)
  } catch {
    return []
  }
  return names.map((name) => {
    const path = join(worktrees, name)
    const pointer = read(join(path, "gitdir"))?.trimEnd()
    return {
      path,
      folder: pointer === undefined ? "" : dirname(resolve(path, pointer)),
      lock: read(join(path, "locked"))?.trimEnd()
    }
  })
}

/** The entry that has the workspace's token. */
export const adminOf = (commonDir: string, site: Site): Admin | undefined => {
  const reason = reasonOf(site)
  return adminsOf(commonDir).find(({ lock }) => lock === reason)
}

/** What a worktree's `.git` file leads to; undefined where there is no such file. Nothing is followed. */
export const pointerOf = (folder: string): string | undefined => {
  const file = join(folder, ".git")
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat?.isFile() !== true || stat.size > 64 * 1024) return undefined
  const pointer = /^gitdir: (.+?)\r?\n?$/s.exec(read(file) ?? "")?.[1]
  return pointer === undefined ? undefined : resolve(folder, pointer)
}

/** Whether two paths lead to one place; the second need not be there. */
export const isSamePlace = (one: string, other: string): boolean => one === other || real(one) === real(other)

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path))
    } catch {
      return path
    }
  }
}

/** Writes the entry as `git worktree add` does, HEAD last but for what HEAD needs. What is there stays. */
export const writeAdmin = (commonDir: string, path: string, site: Site): void => {
  mkdirSync(path, { recursive: true })
  const put = (name: string, content: string, isRight: (found: string) => boolean): void => {
    const found = read(join(path, name))
    if (found === undefined || !isRight(found)) writeFileSync(join(path, name), content)
  }
  put("locked", `${reasonOf(site)}\n`, (found) => found.trimEnd() === reasonOf(site))
  put("gitdir", `${join(site.folder, ".git")}\n`, (found) => dirname(resolve(path, found.trimEnd())) === site.folder)
  put("commondir", "../..\n", (found) => isSamePlace(resolve(path, found.trimEnd()), commonDir))
  put("HEAD", `ref: refs/heads/${site.branch}\n`, (found) => found !== "")
}

export const writePointer = (site: Site, admin: string): void =>
  writeFileSync(join(site.folder, ".git"), `gitdir: ${admin}\n`)

/** As `git worktree remove` does: with the last entry, their folder goes as well. */
export const removeAdmin = (path: string): void => {
  rmSync(path, { recursive: true, force: true })
  removeEmpty(dirname(path))
}

/** A folder, if nothing is in it. */
export const removeEmpty = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch {
    // Somebody else's things are in it, or it is gone.
  }
}
