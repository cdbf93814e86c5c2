/** Workspaces as they are printed. */
import { duration } from "../../domain/boulder/Wording.ts"
import type { Listed } from "../../projections/Workspaces.ts"
import { isoTime } from "../../app/Views.ts"
import type { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { shownTime } from "../shownTime.ts"

/** An item of `nexus workspace list --json`. */
export const workspaceView = ({ workspace, project, created, used, checkpoints }: Listed) => {
  const { id, name, status, failure, idle, branch, base, commit, folder, repository, spec, ports, pending, from } =
    workspace
  return {
    id,
    name,
    project,
    status,
    failure,
    idle: idle === null ? null : { idleMs: idle.idleMs, stopsAt: isoTime(idle.stopsAt) },
    pending: pending === null ? null : { operation: pending.operation, step: pending.kind, pid: pending.holder.pid },
    backend: spec.backend,
    image: spec.image,
    limits: spec.limits,
    network: spec.network,
    nested: spec.nested,
    repository,
    folder,
    branch,
    base,
    commit,
    from: from ?? null,
    ports,
    checkpoints: checkpoints.filter(({ status }) => status === "completed").length,
    created: isoTime(created),
    used: isoTime(used)
  }
}

export const workspaceTable = (workspaces: ReadonlyArray<Listed>, { style }: Output["Type"]): ReadonlyArray<string> =>
  table(
    ["NAME", "STATUS", "BACKEND", "BRANCH", "PORTS", "CHECKPOINTS", "USED"],
    workspaces.map(({ workspace, used, checkpoints }) => [
      workspace.name,
      statusWords(workspace),
      workspace.spec.backend,
      workspace.branch,
      workspace.ports.map(({ service, hostPort }) => `${service} ${hostPort}`).join(", "),
      String(checkpoints.filter(({ status }) => status === "completed").length),
      shownTime(isoTime(used))
    ]),
    style
  )

const statusWords = ({ status, pending, stoppedFor, idle }: Listed["workspace"]): string => {
  if (pending !== null) return `${status} (${pending.operation} …)`
  if (idle !== null) return `${status} (idle: stops at ${shownTime(isoTime(idle.stopsAt)).slice(11, 16)})`
  return status === "stopped" && stoppedFor === "idle" ? "stopped (idle)" : status
}

export const workspaceLines = (listed: Listed, { style }: Output["Type"]): ReadonlyArray<string> => {
  const { workspace } = listed
  const { spec, ports, failure } = workspace
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["status", `${statusWords(workspace)}${failure === null ? "" : `: ${failure.reason} ${failure.advice}`}`],
    ["folder", workspace.folder],
    ["branch", `${workspace.branch}, from ${workspace.base} (${workspace.commit.slice(0, 12)})`],
    ["backend", spec.backend],
    ...(spec.idleStopMs === undefined
      ? []
      : [["idle stop", spec.idleStopMs === null ? "never" : `after ${duration(spec.idleStopMs)}`] as const]),
    ...ports.map(({ service, host, hostPort, port, protocol }): readonly [string, string] => [
      "port",
      `${host}:${hostPort} → ${port}/${protocol} (${service})`
    ]),
    ["id", workspace.id]
  ]
  return [style("bold", workspace.name), ...rows.map(([key, value]) => `  ${key.padEnd(10)} ${value}`)]
}
