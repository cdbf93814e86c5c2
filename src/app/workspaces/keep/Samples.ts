/** What workspaces used, a reading a round, in a table beside the log: bounded by age, by workspace and in all. */
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import type { Database } from "../../../events/Database.ts"
import type { Usage } from "../../ports/Backend.ts"

/** `cpus`: over the time since the sample before. */
export type Sample = Omit<Usage, "cpuMs">

export interface Bounds {
  readonly ageMs: number
  readonly perWorkspace: number
  readonly all: number
}

/** Seven days, one a minute; ten workspaces' worth of them, which is about 10 MiB. */
export const bounds: Bounds = { ageMs: 7 * 24 * 60 * 60_000, perWorkspace: 10_080, all: 100_800 }

interface Row {
  readonly time: number
  readonly cpu_permille: number | null
  readonly memory_bytes: number | null
  readonly disk_bytes: number | null
  readonly network_in_bytes: number | null
  readonly network_out_bytes: number | null
  readonly processes: number | null
}

/** Adds one, and drops what is beyond the bounds: the oldest first. Within a transaction. */
export const addSample = (database: Database, workspace: WorkspaceId, sample: Sample, most = bounds): void => {
  const { time, cpus, memoryBytes, diskBytes, networkInBytes, networkOutBytes, processes } = sample
  database
    .prepare("INSERT OR REPLACE INTO workspace_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    .run(
      workspace,
      Math.round(time),
      ...[
        cpus === undefined ? undefined : cpus * 1000,
        memoryBytes,
        diskBytes,
        networkInBytes,
        networkOutBytes,
        processes
      ].map((value) => (value === undefined ? null : BigInt(Math.round(value))))
    )
  database.prepare("DELETE FROM workspace_samples WHERE time < ?").run(Math.round(time - most.ageMs))
  database
    .prepare(
      `DELETE FROM workspace_samples WHERE workspace = @workspace AND time <=
       (SELECT time FROM workspace_samples WHERE workspace = @workspace ORDER BY time DESC LIMIT 1 OFFSET @most)`
    )
    .run({ workspace, most: most.perWorkspace })
  const count = Number(database.prepare("SELECT count(*) FROM workspace_samples").pluck().get())
  if (count > most.all)
    database
      .prepare(
        `DELETE FROM workspace_samples WHERE (workspace, time) IN
         (SELECT workspace, time FROM workspace_samples ORDER BY time LIMIT ?)`
      )
      .run(count - most.all)
}

/** Those since then, the oldest first. */
export const samplesOf = (database: Database, workspace: WorkspaceId, since: number): ReadonlyArray<Sample> =>
  (
    database
      .prepare("SELECT * FROM workspace_samples WHERE workspace = ? AND time >= ? ORDER BY time")
      .all(workspace, since) as ReadonlyArray<Row>
  ).map((row) => ({
    time: row.time,
    ...(row.cpu_permille === null ? {} : { cpus: row.cpu_permille / 1000 }),
    ...(row.memory_bytes === null ? {} : { memoryBytes: row.memory_bytes }),
    ...(row.disk_bytes === null ? {} : { diskBytes: row.disk_bytes }),
    ...(row.network_in_bytes === null ? {} : { networkInBytes: row.network_in_bytes }),
    ...(row.network_out_bytes === null ? {} : { networkOutBytes: row.network_out_bytes }),
    ...(row.processes === null ? {} : { processes: row.processes })
  }))
