/** Projects: what is known of each repository, where its checkouts are, and where Nexus put hooks. */
import { ProjectId } from "../domain/Ids.ts"
import type { State } from "../domain/Project.ts"
import type { HooksInstalled } from "../domain/ProjectEvents.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table, type Tables } from "./Projection.ts"

interface ProjectRow {
  readonly id: string
  readonly name: string
  readonly root: string | null
  readonly remote: string | null
  /** JSON list of `HooksInstalled`. */
  readonly hooks: string
  readonly registered: number
}

/** A folder belongs to the project that was seen in it last. */
interface CheckoutRow {
  readonly path: string
  readonly project: string
  readonly seen: number
}

const projectRows = table<ProjectRow>({
  name: "projects",
  columns: { id: "TEXT", name: "TEXT", root: "TEXT", remote: "TEXT", hooks: "TEXT", registered: "INTEGER" },
  key: ["id"]
})

const checkoutRows = table<CheckoutRow>({
  name: "checkouts",
  columns: { path: "TEXT", project: "TEXT", seen: "INTEGER" },
  key: ["path"],
  indexes: [["project"]]
})

export const Projects: Projection = {
  name: "projects",
  version: 1,
  tables: [projectRows, checkoutRows],
  apply: (event, tables) => {
    if (event.project === null) return
    const { project } = event
    const projects = tables(projectRows)
    const seeIn = (path: string) =>
      tables(checkoutRows).put({ path: path.toWellFormed(), project, seen: event.position })
    switch (event.type) {
      case "ProjectRegistered": {
        const { name, root, remote, path } = event.payload
        projects.put({ id: project, name, root, remote, hooks: "[]", registered: event.time })
        return seeIn(path)
      }
      case "ProjectIdentified":
        return projects.put({ ...rowOf(tables, project, event.type), ...event.payload })
      case "CheckoutSeen":
        return seeIn(event.payload.path)
      case "HooksInstalled": {
        const row = rowOf(tables, project, event.type)
        return projects.put({ ...row, hooks: JSON.stringify([...without(row, event.payload), event.payload]) })
      }
      case "HooksRemoved": {
        const row = rowOf(tables, project, event.type)
        return projects.put({ ...row, hooks: JSON.stringify(without(row, event.payload)) })
      }
      default:
        return undefined
    }
  }
}

const rowOf = (tables: Tables, project: string, type: string): ProjectRow => {
  const row = tables(projectRows).get(project)
  if (row === undefined) throw new Error(`${type} of a project that was never registered`)
  return row
}

type Place = { readonly agent: string; readonly file: string }

const without = (row: ProjectRow, gone: Place): ReadonlyArray<HooksInstalled> =>
  hooksOf(row).filter((hook) => hook.agent !== gone.agent || hook.file !== gone.file)

const hooksOf = (row: ProjectRow): ReadonlyArray<HooksInstalled> =>
  JSON.parse(row.hooks) as ReadonlyArray<HooksInstalled>

/** A project as its read model knows it. */
export interface KnownProject extends State {
  readonly name: string
  readonly hooks: ReadonlyArray<HooksInstalled>
  readonly registered: number
}

/** By name. */
export const list = (database: Database): ReadonlyArray<KnownProject> => {
  const checkouts = database.prepare("SELECT * FROM checkouts ORDER BY seen").all() as ReadonlyArray<CheckoutRow>
  const rows = database.prepare("SELECT * FROM projects ORDER BY name, id").all() as ReadonlyArray<ProjectRow>
  return rows.map((row) => ({
    id: ProjectId.make(row.id),
    name: row.name,
    root: row.root,
    remote: row.remote,
    paths: checkouts.filter(({ project }) => project === row.id).map(({ path }) => path),
    hooks: hooksOf(row),
    registered: row.registered
  }))
}

/** The project that was last seen in a folder. */
export const at = (database: Database, path: string): ProjectId | undefined => {
  const row = database.prepare("SELECT project FROM checkouts WHERE path = ?").get(path) as CheckoutRow | undefined
  return row === undefined ? undefined : ProjectId.make(row.project)
}

export const find = (database: Database, id: string): KnownProject | undefined =>
  list(database).find((one) => one.id === id)
