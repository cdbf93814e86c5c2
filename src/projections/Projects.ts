/** Projects: what is known of each repository, and where Nexus put hooks. */
import { ProjectId } from "../domain/Ids.ts"
import type { State } from "../domain/Project.ts"
import type { HooksInstalled } from "../domain/ProjectEvents.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table } from "./Projection.ts"

export interface ProjectRow {
  readonly id: string
  readonly name: string
  readonly root: string | null
  readonly remote: string | null
  /** JSON list of its checkouts' folders, oldest first. */
  readonly paths: string
  /** JSON list of `HooksInstalled`. */
  readonly hooks: string
  readonly registered: number
}

export const projectRows = table<ProjectRow>({
  name: "projects",
  columns: {
    id: "TEXT",
    name: "TEXT",
    root: "TEXT",
    remote: "TEXT",
    paths: "TEXT",
    hooks: "TEXT",
    registered: "INTEGER"
  },
  key: ["id"]
})

export const Projects: Projection = {
  name: "projects",
  version: 1,
  tables: [projectRows],
  apply: (event, tables) => {
    if (event.project === null) return
    const projects = tables(projectRows)
    if (event.type === "ProjectRegistered") {
      const { name, root, remote, path } = event.payload
      projects.put({
        id: event.project,
        name,
        root,
        remote,
        paths: JSON.stringify([path]),
        hooks: "[]",
        registered: event.time
      })
      return
    }
    if (!changesProject(event.type)) return
    const row = projects.get(event.project)
    if (row === undefined) throw new Error(`${event.type} of a project that was never registered`)
    switch (event.type) {
      case "ProjectIdentified":
        return projects.put({ ...row, ...event.payload })
      case "CheckoutSeen":
        return projects.put({ ...row, paths: JSON.stringify([...pathsOf(row), event.payload.path]) })
      case "HooksInstalled":
        return projects.put({ ...row, hooks: JSON.stringify([...without(row, event.payload), event.payload]) })
      case "HooksRemoved":
        return projects.put({ ...row, hooks: JSON.stringify(without(row, event.payload)) })
      default:
        return undefined
    }
  }
}

const changesProject = (type: string): boolean =>
  type === "ProjectIdentified" || type === "CheckoutSeen" || type === "HooksInstalled" || type === "HooksRemoved"

const without = (
  row: ProjectRow,
  gone: { readonly agent: string; readonly file: string }
): ReadonlyArray<HooksInstalled> => hooksOf(row).filter((hook) => hook.agent !== gone.agent || hook.file !== gone.file)

export const pathsOf = (row: ProjectRow): ReadonlyArray<string> => JSON.parse(row.paths) as ReadonlyArray<string>

export const hooksOf = (row: ProjectRow): ReadonlyArray<HooksInstalled> =>
  JSON.parse(row.hooks) as ReadonlyArray<HooksInstalled>

export const stateOf = (row: ProjectRow): State => ({
  id: ProjectId.make(row.id),
  root: row.root,
  remote: row.remote,
  paths: pathsOf(row)
})

/** By name. */
export const list = (database: Database): ReadonlyArray<ProjectRow> =>
  database.prepare("SELECT * FROM projects ORDER BY name, id").all() as ReadonlyArray<ProjectRow>
