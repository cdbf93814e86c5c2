/**
 * The tables of workspaces, and what can be asked of them. It loads next to nothing: `nexus workspace list` is asked often, and
 * needs no more.
 */
import type { Checkpoint } from "../domain/workspace/Checkpoint.ts"
import type { Workspace } from "../domain/workspace/Workspace.ts"
import type { Database } from "../events/Database.ts"
import { table } from "./Projection.ts"

/** Raised when the tables, or how they are derived, change meaning. */
export const version = 2

export interface WorkspaceRow {
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

export const workspaceRows = table<WorkspaceRow>({
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

export const portRows = table<PortRow>({
  name: "workspace_ports",
  columns: { host_port: "INTEGER", workspace: "TEXT" },
  key: ["host_port"]
})

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
export const list = (database: Pick<Database, "prepare">, project?: string): ReadonlyArray<Listed> =>
  (
    database
      .prepare(
        `SELECT * FROM workspaces WHERE status <> 'deleted' AND (@project IS NULL OR project = @project)
         ORDER BY created, workspace`
      )
      .all({ project: project ?? null }) as ReadonlyArray<WorkspaceRow>
  ).map(listed)

/** The last that had this name in a project; one that is not deleted first. */
export const named = (database: Pick<Database, "prepare">, project: string, name: string): Listed | undefined => {
  const row = database
    .prepare(
      `SELECT * FROM workspaces WHERE project = ? AND name = ? ORDER BY status = 'deleted', created DESC, workspace DESC LIMIT 1`
    )
    .get(project, name) as WorkspaceRow | undefined
  return row === undefined ? undefined : listed(row)
}

export const byId = (database: Pick<Database, "prepare">, workspace: string): Listed | undefined => {
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
