/** Workspaces as they are printed. */
import type { Companion } from "../../app/ports/Backend.ts"
import { companionWords } from "./companionLines.ts"
import type { Listed } from "../../projections/Workspaces.ts"
import { isoTime } from "../../app/Views.ts"
import type { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { shownTime } from "../shownTime.ts"

/** An item of `nexus workspace list --json`. */
export const workspaceView = ({ workspace, project, created, used, checkpoints }: Listed) => {
  const { id, name, status, failure, branch, base, commit, folder, repository, spec, ports, pending, from } = workspace
  return {
    id,
    name,
    project,
    status,
    failure,
    pending: pending === null ? null : { operation: pending.operation, step: pending.kind, pid: pending.holder.pid },
    backend: spec.backend,
    image: spec.image,
    compose: spec.compose ?? null,
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

const statusWords = ({ status, pending, stoppedFor }: Listed["workspace"]): string => {
  if (pending !== null) return `${status} (${pending.operation} …)`
  return status === "stopped" && stoppedFor === "idle" ? "stopped (idle)" : status
}

export const workspaceLines = (
  listed: Listed,
  { style }: Output["Type"],
  companions: ReadonlyArray<Companion> = []
): ReadonlyArray<string> => {
  const { workspace } = listed
  const { spec, ports, failure } = workspace
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["status", `${statusWords(workspace)}${failure === null ? "" : `: ${failure.reason} ${failure.advice}`}`],
    ["folder", workspace.folder],
    ["branch", `${workspace.branch}, from ${workspace.base} (${workspace.commit.slice(0, 12)})`],
    ["backend", spec.backend],
    ...ports.map(({ service, host, hostPort, port, protocol, companion }): readonly [string, string] => [
      "port",
      `${host}:${hostPort} → ${companion === undefined ? "" : `${companion}:`}${port}/${protocol} (${service})`
    ]),
    ...companions.map((one): readonly [string, string] => ["beside", `${one.name}, ${companionWords(one)}`]),
    ["id", workspace.id]
  ]
  return [style("bold", workspace.name), ...rows.map(([key, value]) => `  ${key.padEnd(10)} ${value}`)]
}
