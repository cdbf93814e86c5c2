/** Workspaces as containers of a Docker engine (API 1.41, Docker 20.10, and later). */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { Backend } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { activity } from "./Activity.ts"
import { companion, companions } from "./compose/Companions.ts"
import { prepare } from "./compose/Prepare.ts"
import { candidates, type Tool, toolWords } from "./compose/Tool.ts"
import { find, type Found, instanceOf, listed, need } from "./Containers.ts"
import { create } from "./Create.ts"
import { connect, isOtherMachine } from "./Engine.ts"
import { backend, type failureOf } from "./EngineFailure.ts"
import { keepEnvironment } from "./EnvironmentDelta.ts"
import { execute } from "./Execute.ts"
import { pause, resume, start, stop } from "./Life.ts"
import { listening } from "./Listening.ts"
import { logs } from "./Logs.ts"
import { present, probe } from "./Probe.ts"
import { remove, removeHelpers } from "./Remove.ts"
import { route } from "./Route.ts"
import { usage } from "./Usage.ts"
import { keepVolumes, restoreVolumes } from "./VolumeArchives.ts"

/** What compose services are run with, where it is not the usual. */
export interface ComposeOptions {
  readonly tools?: ReadonlyArray<Tool["command"]>
  /** Milliseconds that they have to become healthy. */
  readonly patience?: number
}

/** Milliseconds: some databases take minutes to make their files. */
const patience = 3 * 60_000

/** Of an engine on another machine, the backend's name has its address: `docker@ssh://me@big-machine`. */
const nameAt = (host: string): string => `${backend}@${host}`

/** Whatever DOCKER_HOST says now: `docker` is this machine's then. Undefined for what is no such name. */
export const dockerBackendNamed = (log: string, name: string): Backend | undefined => {
  if (name === backend) return dockerBackend(log, undefined, {}, "")
  const host = name.startsWith(nameAt("")) ? name.slice(nameAt("").length) : ""
  return isOtherMachine(host) ? dockerBackend(log, undefined, {}, host) : undefined
}

/**
 * `log`: the id of the log whose workspaces these are. `host`: as DOCKER_HOST has it, which it is unless given. Nothing is loaded or
 * asked before the first operation.
 */
export const dockerBackend = (
  log: string,
  options?: Docker.DockerOptions,
  compose: ComposeOptions = {},
  host?: string
): Backend => {
  const engine = connect(options, host)
  const raising = { among: compose.tools ?? candidates, patience: compose.patience ?? patience }
  const having = <A>(
    workspace: WorkspaceId,
    action: (found: Found) => Effect.Effect<A, ReturnType<typeof failureOf>>
  ) => Effect.flatMap(need(engine, log, workspace), action)
  return {
    name: engine.elsewhere === undefined ? backend : nameAt(engine.elsewhere),
    isolates: true,
    isElsewhere: engine.elsewhere !== undefined,
    present: present(engine),
    probe: probe(engine),
    tools: toolWords(raising.among),
    prepare: (order, progress) => prepare(log, order, raising.among, progress),
    create: (order, progress) => create(engine, log, order, raising, progress),
    start: (workspace, variables) => start(engine, log, workspace, variables, raising),
    stop: (workspace, grace) => stop(engine, log, workspace, grace),
    pause: (workspace) => pause(engine, log, workspace),
    resume: (workspace) => resume(engine, log, workspace),
    tidy: (workspace) => removeHelpers(engine, log, workspace),
    remove: (workspace, what) => remove(engine, log, workspace, what),
    inspect: (workspace) =>
      Effect.map(find(engine, log, workspace), (found) => (found === undefined ? undefined : instanceOf(found))),
    list: Effect.map(listed(engine, log), (all) => all.map(instanceOf)),
    execute: (workspace, execution) => having(workspace, (found) => execute(engine, found, execution)),
    route: (workspace) => having(workspace, (found) => route(engine, found)),
    logs: (workspace, which, to) =>
      which.companion === undefined
        ? having(workspace, (found) => logs(engine, found, which, to))
        : Effect.flatMap(companion(engine, log, workspace, which.companion), (found) => logs(engine, found, which, to)),
    usage: (workspace, options) => having(workspace, (found) => usage(engine, found, options?.quick === true)),
    activity: (workspace) => having(workspace, (found) => activity(engine, found)),
    listening: (workspace) =>
      having(workspace, (found) => Effect.map(listening(engine, found), (heard) => heard ?? [])),
    companions: (workspace) => companions(engine, log, workspace),
    keepEnvironment: (workspace, folder) => having(workspace, (found) => keepEnvironment(engine, found, folder)),
    keepVolumes: (workspace, folder) => having(workspace, (found) => keepVolumes(engine, found, folder)),
    restoreVolumes: (workspace, archives) => having(workspace, (found) => restoreVolumes(engine, found, archives))
  }
}
