/** Workspaces as they are printed. */
import type { Health } from "../../app/workspaces/hooks/Health.ts"
import { isoTime } from "../../app/isoTime.ts"
import type { Companion } from "../../app/ports/Backend.ts"
import { duration } from "../../domain/boulder/Wording.ts"
import { isSetUp } from "../../domain/workspace/HookRan.ts"
import type { Listed } from "../../projections/WorkspaceRows.ts"
import { companionWords } from "./companionLines.ts"
import { portWords } from "./portLines.ts"
import type { Style } from "../printResult.ts"
import { table } from "../Table.ts"
import { shownTime } from "../shownTime.ts"

/** An item of `nexus workspace list --json`. */
export const workspaceView = ({ workspace, project, created, used, checkpoints }: Listed, health?: Health) => {
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
    compose: spec.compose ?? null,
    limits: spec.limits,
    network: spec.network,
    nested: spec.nested,
    sync: spec.sync ?? null,
    devcontainer: spec.devcontainer ?? null,
    user: spec.user ?? null,
    repository,
    folder,
    branch,
    base,
    commit,
    from: from ?? null,
    template: spec.template ?? null,
    hooks: hooksView(workspace),
    setUp: isSetUp(workspace),
    ...(health === undefined ? {} : { health }),
    ports,
    checkpoints: checkpoints.filter(({ status }) => status === "completed").length,
    created: isoTime(created),
    used: isoTime(used)
  }
}

/** Each hook, and how the last one of its stage ended. */
const hooksView = ({ spec, hooks }: Listed["workspace"]) =>
  (spec.hooks ?? []).map(({ stage, name, command, timeoutMs, detach = false }) => ({
    stage,
    name,
    command,
    timeoutMs,
    detach,
    last: hooks[stage]?.name === name ? { exit: hooks[stage].exit, timedOut: hooks[stage].timedOut } : null
  }))

/** `healths`: of each, where it was asked. */
const workspaceTable = (
  workspaces: ReadonlyArray<Listed>,
  { style }: { readonly style: Style },
  healths: ReadonlyArray<Health> = []
): ReadonlyArray<string> =>
  table(
    [
      "NAME",
      "STATUS",
      ...(healths.length === 0 ? [] : ["HEALTH"]),
      "BACKEND",
      "BRANCH",
      "PORTS",
      "CHECKPOINTS",
      "USED"
    ],
    workspaces.map(({ workspace, used, checkpoints }, index) => [
      workspace.name,
      statusWords(workspace),
      ...(healths.length === 0 ? [] : [healths[index]?.status ?? ""]),
      workspace.spec.backend,
      workspace.branch,
      workspace.ports.map(({ service, hostPort }) => `${service} ${hostPort}`).join(", "),
      String(checkpoints.filter(({ status }) => status === "completed").length),
      shownTime(isoTime(used))
    ]),
    style
  )

/** What `nexus workspace list` prints. */
export const listLines = (
  items: ReadonlyArray<Listed>,
  output: { readonly style: Style },
  healths: ReadonlyArray<Health> = []
): ReadonlyArray<string> =>
  items.length === 0
    ? ["No workspaces yet. Make one: nexus workspace create feat-x"]
    : workspaceTable(items, output, healths)

const statusWords = (workspace: Listed["workspace"]): string => {
  const { status, pending, stoppedFor, idle } = workspace
  if (pending !== null) return `${status} (${pending.operation} …)`
  if (idle !== null) return `${status} (idle: stops at ${shownTime(isoTime(idle.stopsAt)).slice(11, 16)})`
  if (status === "running" && !isSetUp(workspace)) return "running (not set up)"
  return status === "stopped" && stoppedFor === "idle" ? "stopped (idle)" : status
}

/** What the engine was asked of it. */
export interface Asked {
  readonly health?: Health | undefined
  readonly companions?: ReadonlyArray<Companion>
}

export const workspaceLines = (
  listed: Listed,
  { style }: { readonly style: Style },
  { health, companions = [] }: Asked = {}
): ReadonlyArray<string> => {
  const { workspace } = listed
  const { spec, ports, failure } = workspace
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["status", `${statusWords(workspace)}${failure === null ? "" : `: ${failure.reason} ${failure.advice}`}`],
    ...(health === undefined ? [] : [["health", healthWords(health)] as const]),
    ["folder", workspace.folder],
    ["branch", `${workspace.branch}, from ${workspace.base} (${workspace.commit.slice(0, 12)})`],
    ["backend", spec.backend],
    ...(spec.devcontainer === undefined ? [] : [["made by", spec.devcontainer.from] as const]),
    ...(spec.nested ? [["nested", "runs containers of its own; programs in it could leave it"] as const] : []),
    ...(spec.sync === undefined
      ? []
      : [["files", `its own, kept the same: nexus workspace sync status ${workspace.name}`] as const]),
    ...(spec.idleStopMs === undefined
      ? []
      : [["idle stop", spec.idleStopMs === null ? "never" : `after ${duration(spec.idleStopMs)}`] as const]),
    ...ports.map((port): readonly [string, string] => ["port", portWords(spec, port)]),
    ...companions.map((one): readonly [string, string] => ["beside", `${one.name}, ${companionWords(one)}`]),
    ...(spec.template === undefined
      ? []
      : [["template", `${spec.template.from} (${spec.template.digest.slice(0, 19)})`] as const]),
    ...hooksView(workspace).map(
      ({ name, command, last }) =>
        ["hook", `${name}: ${typeof command === "string" ? command : command.join(" ")}${lastWords(last)}`] as const
    ),
    ["id", workspace.id]
  ]
  return [style("bold", workspace.name), ...rows.map(([key, value]) => `  ${key.padEnd(10)} ${value}`)]
}

const lastWords = (last: { readonly exit: number | null; readonly timedOut: boolean } | null): string => {
  if (last === null) return ""
  if (last.timedOut) return " (took too long)"
  return last.exit === null ? " (goes on)" : ` (exit ${last.exit})`
}

const healthWords = ({ status, hook, lastLines = [] }: Health): string => {
  const said = lastLines.length === 0 ? "" : `: ${lastLines.join(" | ")}`
  return status === "none" ? "nothing asks" : `${status}${hook === undefined ? "" : ` (${hook})`}${said}`
}
