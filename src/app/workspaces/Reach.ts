/** How a workspace is reached from outside: by which name, which way, and with which key it must answer. */
import * as Effect from "effect/Effect"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import type { Backend } from "../ports/Backend.ts"
import type { Destination } from "../ports/Ssh.ts"

/**
 * What SSH clients know it by: `nexus-NAME`. Of several projects' workspaces of one name the oldest has it, and the others have
 * the beginning of their ids behind it.
 */
export const aliasOf = ({ id, name }: Workspace) =>
  Effect.map(EventLog, ({ database }) => {
    const first = Rows.list(database).find(({ workspace }) => workspace.name === name)
    return first === undefined || first.workspace.id === id
      ? `nexus-${name}`
      : `nexus-${name}-${id.slice("ws_".length, "ws_".length + 6)}`
  })

/** Fails with WorkspaceRefused where no SSH leads to it; the message says why. */
export const destinationOf = (workspace: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    const access = yield* backend.route(workspace.id)
    if (access.kind === "none" || workspace.hostKey === null)
      return yield* new WorkspaceRefused({
        reason: `${workspace.name} can't be reached by SSH: ${access.kind === "none" ? access.reason.replace(/\.$/, "") : "it has no host key"}.`,
        hint: `Run commands in it: nexus workspace exec ${workspace.name} -- COMMAND`
      })
    const { user, ...route } = access
    return { alias: yield* aliasOf(workspace), route, user, hostKey: workspace.hostKey } satisfies Destination
  })
