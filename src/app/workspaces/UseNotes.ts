/** Notes of the commands that are at something in a workspace, one file each. It loads next to nothing. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { processMark } from "../../events/processMark.ts"

/** Where they are, in the folder of ours for that workspace. */
export const usesIn = (workspaces: string, { id }: { readonly id: string }): string => join(workspaces, id, "uses")

let counter = 0

/** The workspace counts as used until what this answers is called. That it can't be noted is no reason not to use it. */
export const noteUse = (workspaces: string, workspace: { readonly id: string }): (() => void) => {
  const folder = usesIn(workspaces, workspace)
  const file = join(folder, `${process.pid}.${++counter}`)
  attempt(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, processMark(process.pid), { mode: 0o600 })
  })
  return () => attempt(() => rmSync(file, { force: true }))
}

const attempt = (body: () => void): void => {
  try {
    body()
  } catch {
    // Whoever looks sees what is there.
  }
}
