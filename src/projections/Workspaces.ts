/** Workspaces: what there is, which ports are reserved for whom, and which checkpoints there are. */
import { evolve as evolveCheckpoints, type Checkpoint, type CheckpointFact } from "../domain/workspace/Checkpoint.ts"
import { evolve, isWorkspaceFact, type Workspace, type WorkspaceFact } from "../domain/workspace/Workspace.ts"
import type { Projection, Tables } from "./Projection.ts"
import { portRows, version, workspaceRows } from "./WorkspaceRows.ts"

export const Workspaces: Projection = {
  name: "workspaces",
  version,
  tables: [workspaceRows, portRows],
  apply: (event, tables) => {
    if (!isWorkspaceFact(event)) return
    const fact: CheckpointFact | WorkspaceFact = event
    const row = tables(workspaceRows).get(fact.payload.workspace)
    const before = row === undefined ? undefined : (JSON.parse(row.state) as Workspace)
    const after = evolve(before, fact)
    if (after === undefined) return
    keepPorts(tables, before, after)
    const checkpoints = row?.checkpoints ?? "[]"
    tables(workspaceRows).put({
      workspace: after.id,
      project: event.project ?? row?.project ?? "",
      name: after.name,
      status: after.status,
      state: JSON.stringify(after),
      created: row?.created ?? event.time,
      used: isUse(fact) ? event.time : (row?.used ?? event.time),
      checkpoints: fact.type.startsWith("Checkpoint")
        ? JSON.stringify(
            evolveCheckpoints(JSON.parse(checkpoints) as ReadonlyArray<Checkpoint>, fact as CheckpointFact, event.time)
          )
        : checkpoints
    })
  }
}

/** What somebody does with it, not what is found out about it. */
const isUse = ({ type }: CheckpointFact | WorkspaceFact): boolean =>
  type !== "WorkspaceDriftFound" && type !== "WorkspaceIdleWarned" && type !== "WorkspaceIdleEnded"

const keepPorts = (tables: Tables, before: Workspace | undefined, after: Workspace): void => {
  const kept = new Set(after.ports.map(({ hostPort }) => hostPort))
  for (const { hostPort } of before?.ports ?? [])
    if (!kept.has(hostPort) && tables(portRows).get(hostPort)?.workspace === after.id)
      tables(portRows).put({ host_port: hostPort, workspace: null })
  for (const hostPort of kept) tables(portRows).put({ host_port: hostPort, workspace: after.id })
}
