/** A container's life after it is made. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, Instance } from "../../app/ports/Backend.ts"
import { filled } from "../../app/ports/ImageVariable.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { pauseBeside, resumeBeside, stopBeside } from "./compose/Companions.ts"
import { readPlan } from "./compose/Plan.ts"
import { raise, type Raising } from "./compose/Raise.ts"
import { type Found, instanceOf, need, needById } from "./Containers.ts"
import { type Engine, limits } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"
import { raw } from "./Execute.ts"
import { awaitEngine, isNested, isOfEngine } from "./Nesting.ts"
import { noAccount } from "./Scripts.ts"
import { imageVariables, variablesFile } from "./Variables.ts"

export const start = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  variables: Readonly<Record<string, string>>,
  raising: Raising
): Effect.Effect<Instance, BackendFailure> =>
  Effect.gen(function* () {
    const found = yield* need(engine, log, workspace)
    const [uid = "0", gid = "0"] = found.owner.split(":")
    // Before anything inside runs that could change what they mount.
    if (found.plan !== "") {
      const plan = yield* readPlan(found.plan)
      const owner = { uid: Number(uid), gid: Number(gid) }
      yield* raise(engine, log, { workspace, plan, ports: found.ports, owner, variables }, raising)
    }
    const ofImage = imageVariables(found)
    const file = yield* variablesFile({ ...ofImage, ...filled(variables, ofImage) })
    if (found.state === "paused") yield* unpause(engine, found)
    else if (found.state !== "running") {
      yield* engine.call("start the workspace", limits.change, (docker, abortSignal) =>
        docker.getContainer(found.id).start({ abortSignal })
      )
    }
    const volumes = found.volumes.filter((volume) => !isOfEngine(volume)).map(({ path }) => path)
    const { exit, stderr } = yield* raw(engine, found.id, {
      command: ["/bin/sh", "/.nexus/setup", uid, gid, found.account, ...volumes, ...found.apart],
      user: "0:0",
      stdin: file
    })
    if (exit === noAccount)
      return yield* Effect.fail(
        failed("start the workspace", "refused", `The image has no user ${found.account}.`, {
          advice: "Name one that it has as remoteUser in the devcontainer.json, or none."
        })
      )
    if (exit !== 0) {
      const ended = `Its first command ended with ${exit}: ${stderr.trim().slice(-500) || "it said nothing"}.`
      return yield* Effect.fail(failed("start the workspace", "failed", ended))
    }
    if (isNested(found)) yield* awaitEngine(engine, found)
    return instanceOf(yield* needById(engine, found.id))
  })

export const stop = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  grace: number
): Effect.Effect<Instance, BackendFailure> =>
  Effect.gen(function* () {
    const found = yield* need(engine, log, workspace)
    // A frozen program can't end politely.
    if (found.state === "paused") yield* unpause(engine, found)
    if (found.state === "running" || found.state === "paused") {
      yield* engine.call("stop the workspace", limits.change + grace, (docker, abortSignal) =>
        docker.getContainer(found.id).stop({ t: Math.ceil(grace / 1000), abortSignal } as Docker.ContainerStopOptions)
      )
    }
    yield* stopBeside(engine, log, workspace, grace)
    return instanceOf(yield* need(engine, log, workspace))
  })

export const pause = (engine: Engine, log: string, workspace: WorkspaceId): Effect.Effect<Instance, BackendFailure> =>
  Effect.gen(function* () {
    const found = yield* need(engine, log, workspace)
    if (found.state === "running") {
      yield* engine.call("pause the workspace", limits.change, (docker, abortSignal) =>
        docker.getContainer(found.id).pause({ abortSignal })
      )
      yield* pauseBeside(engine, log, workspace)
    } else if (found.state !== "paused") {
      return yield* Effect.fail(
        failed("pause the workspace", "refused", `It is ${found.state}.`, { advice: "Start it first." })
      )
    }
    return instanceOf(yield* need(engine, log, workspace))
  })

export const resume = (engine: Engine, log: string, workspace: WorkspaceId): Effect.Effect<Instance, BackendFailure> =>
  Effect.gen(function* () {
    const found = yield* need(engine, log, workspace)
    yield* resumeBeside(engine, log, workspace)
    if (found.state === "paused") yield* unpause(engine, found)
    else if (found.state !== "running") {
      return yield* Effect.fail(
        failed("resume the workspace", "refused", `It is ${found.state}.`, { advice: "Start it instead." })
      )
    }
    return instanceOf(yield* need(engine, log, workspace))
  })

const unpause = (engine: Engine, found: Found) =>
  engine.call("resume the workspace", limits.change, (docker, abortSignal) =>
    docker.getContainer(found.id).unpause({ abortSignal })
  )
