/** The files that a template brings into a new worktree: only where nothing is yet, and never through a link. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { WorkspaceRefused } from "../../../domain/workspace/Workspace.ts"

export interface Brought {
  readonly files: number
  /** What was there already, and so is as it was. */
  readonly left: ReadonlyArray<string>
}

/** `template`: the copy of the template. Without a folder `files` in it there is nothing to bring. */
export const bringFiles = (template: string, worktree: string): Effect.Effect<Brought, WorkspaceRefused> =>
  Effect.try({
    try: () => {
      const from = join(template, "files")
      const left: Array<string> = []
      let files = 0
      for (const path of filesIn(from)) {
        if (bring(from, worktree, path)) files += 1
        else left.push(path)
      }
      return { files, left }
    },
    catch: (cause) =>
      new WorkspaceRefused({
        reason: `The template's files can't be put into the worktree: ${cause instanceof Error ? cause.message : String(cause)}.`,
        hint: "Check that there is room for them."
      })
  })

/** Of a copy of a template: the paths of what it brings. */
export const filesIn = (folder: string, inner = ""): ReadonlyArray<string> =>
  lstatSync(join(folder, inner), { throwIfNoEntry: false })?.isDirectory() !== true
    ? []
    : readdirSync(join(folder, inner), { withFileTypes: true }).flatMap((one) => {
        const path = inner === "" ? one.name : `${inner}/${one.name}`
        return one.isDirectory() ? filesIn(folder, path) : [path]
      })

/** False where something is in its place already. */
const bring = (from: string, worktree: string, path: string): boolean => {
  const to = join(worktree, path)
  if (!hasOwnFolder(worktree, path) || lstatSync(to, { throwIfNoEntry: false }) !== undefined) return false
  mkdirSync(dirname(to), { recursive: true })
  const state = lstatSync(join(from, path))
  if (state.isSymbolicLink()) {
    symlinkSync(readlinkSync(join(from, path)), to)
    return true
  }
  writeFileSync(to, readFileSync(join(from, path)), { flag: "wx" })
  if ((state.mode & 0o100) !== 0) chmodSync(to, lstatSync(to).mode | 0o111)
  return true
}

/** Each folder above it is one of the worktree's, or is still to be made. */
const hasOwnFolder = (worktree: string, path: string): boolean =>
  path
    .split("/")
    .slice(0, -1)
    .every((_, index, names) => {
      const state = lstatSync(join(worktree, ...names.slice(0, index + 1)), { throwIfNoEntry: false })
      return state === undefined || state.isDirectory()
    })
