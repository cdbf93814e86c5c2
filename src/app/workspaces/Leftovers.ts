/** What a command that was killed leaves in the folder of all workspaces: archives on their way in or out, half made. */
import { existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { isAlive } from "../../events/isAlive.ts"

/** `.export-PID.json`, `.import-PID.json` and `.fork-PID-NAME` of processes that are gone. */
export const removeLeftovers = (workspaces: string): void => {
  for (const name of existsSync(workspaces) ? readdirSync(workspaces) : []) {
    const pid = /^\.(?:export|import|fork)-(\d+)\b/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(workspaces, name), { recursive: true, force: true })
  }
}

/** In a workspace's own folder, once nobody is at work on it: what a checkpoint, a restore or a new making had put aside. */
export const removeAside = (folder: string): void => {
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (/^(?:C-\d+|again|restoring)$/.test(name)) rmSync(join(folder, name), { recursive: true, force: true })
}
