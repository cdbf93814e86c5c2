/**
 * That a workspace was stopped because nobody used it, as a file: so SSH's client can tell by a look at the disk, before it connects,
 * whether it has to be started first. It only hastens things; what is true is in the log.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import { folderOf } from "./Order.ts"

/** Whether or not it is there. */
export const asleepFile = (workspaces: string, workspace: Pick<Workspace, "id">): string =>
  join(folderOf(workspaces, workspace), "asleep")

export const fallAsleep = (workspace: Pick<Workspace, "id">) =>
  quietly(workspace, (file) => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, "", { mode: 0o600 })
  })

export const wake = (workspace: Pick<Workspace, "id">) => quietly(workspace, (file) => rmSync(file, { force: true }))

const quietly = (workspace: Pick<Workspace, "id">, body: (file: string) => void) =>
  Effect.flatMap(Nexus, ({ home }) => Effect.ignore(Effect.try(() => body(asleepFile(home.workspaces, workspace)))))
