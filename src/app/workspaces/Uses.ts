/** Which commands of Nexus are at something in a workspace: a note of each for as long as it is, whatever ends it. */
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { isAlive } from "../../events/isAlive.ts"
import { processMark } from "../../events/processMark.ts"
import { Nexus } from "../Nexus.ts"
import { noteUse, usesIn } from "./UseNotes.ts"

/** The workspace counts as used until `body` ends. */
export const whileUsed = <A, E, R>(workspace: Pick<Workspace, "id">, body: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Nexus, ({ home }) =>
    Effect.acquireUseRelease(
      Effect.sync(() => noteUse(home.workspaces, workspace)),
      () => body,
      (end) => Effect.sync(end)
    )
  )

/** How many there are. What a process that is gone left behind is removed. */
export const usesOf = (workspaces: string, workspace: Pick<Workspace, "id">): number => {
  const folder = usesIn(workspaces, workspace)
  return namesIn(folder).filter((name) => {
    const pid = Number(name.split(".")[0])
    const mark = textOf(join(folder, name))
    if (isAlive(pid) && (mark === "" || mark === processMark(pid))) return true
    rmSync(join(folder, name), { force: true })
    return false
  }).length
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
