/** Workspaces: what there is, which ports are reserved for whom, and which checkpoints there are. */
import { evolve as evolveCheckpoints, type Checkpoint, type CheckpointFact } from "../domain/workspace/Checkpoint.ts"
import { evolve, isWorkspaceFact, type Workspace, type WorkspaceFact } from "../domain/workspace/Workspace.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table, type Tables } from "./Projection.ts"

interface WorkspaceRow {
  readonly workspace: string
  readonly project: string
  readonly name: string
  readonly status: string
  /** JSON of `Workspace`. */
  readonly state: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** When anything was last done in it or with it. */
  readonly used: number
  /** JSON of its checkpoints, in order. */
  readonly checkpoints: string
}

const workspaceRows = table<WorkspaceRow>({
  name: "workspaces",
  columns: {
    workspace: "TEXT",
    project: "TEXT",
    name: "TEXT",
    status: "TEXT",
    state: "TEXT",
    created: "INTEGER",
    used: "INTEGER",
    checkpoints: "TEXT"
  },
  key: ["workspace"],
  indexes: [["project", "name"]]
})

interface PortRow {
  readonly host_port: number
  /** Null: it was released. */
  readonly workspace: string | null
}

const portRows = table<PortRow>({
  name: "workspace_ports",
  columns: { host_port: "INTEGER", workspace: "TEXT" },
  key: ["host_port"]
})

export const Workspaces: Projection = {
  name: "workspaces",
  version: 2,
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

/** A workspace as it is listed. */
export interface Listed {
  readonly workspace: Workspace
  readonly project: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly used: number
  readonly checkpoints: ReadonlyArray<Checkpoint>
}

const listed = (row: WorkspaceRow): Listed => ({
  workspace: JSON.parse(row.state) as Workspace,
  project: row.project,
  created: row.created,
  used: row.used,
  checkpoints: JSON.parse(row.checkpoints) as ReadonlyArray<Checkpoint>
})

/** Those of a project, or of all projects, that are not deleted, in order of their being made. */
export const list = (database: Database, project?: string): ReadonlyArray<Listed> =>
  (
    database
      .prepare(
        `SELECT * FROM workspaces WHERE status <> 'deleted' AND (@project IS NULL OR project = @project)
         ORDER BY created, workspace`
      )
      .all({ project: project ?? null }) as ReadonlyArray<WorkspaceRow>
  ).map(listed)

/** The last that had this name in a project; one that is not deleted first. */
export const named = (database: Database, project: string, name: string): Listed | undefined => {
  const row = database
    .prepare(
      `SELECT * FROM workspaces WHERE project = ? AND name = ? ORDER BY status = 'deleted', created DESC, workspace DESC LIMIT 1`
    )
    .get(project, name) as WorkspaceRow | undefined
  return row === undefined ? undefined : listed(row)
}

export const byId = (database: Database, workspace: string): Listed | undefined => {
  const row = database.prepare("SELECT * FROM workspaces WHERE workspace = ?").get(workspace) as
    | WorkspaceRow
    | undefined
  return row === undefined ? undefined : listed(row)
}

/** All of them, the deleted ones too: what their checkpoints hold is kept. */
export const ever = (database: Database): ReadonlyArray<Listed> =>
  (database.prepare("SELECT * FROM workspaces ORDER BY created, workspace").all() as ReadonlyArray<WorkspaceRow>).map(
    listed
  )

/** This machine's ports that are reserved, by any project's workspaces. */
export const reserved = (database: Database): ReadonlySet<number> =>
  new Set(
    database
      .prepare("SELECT host_port FROM workspace_ports WHERE workspace IS NOT NULL")
      .pluck()
      .all() as ReadonlyArray<number>
  )
