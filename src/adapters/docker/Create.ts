/** Making a workspace's container: image, network, volumes, container, our files in it; each may be there already. */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { BackendFailure, Instance, Order } from "../../app/ports/Backend.ts"
import { archiveOf } from "./Archive.ts"
import { planFile, readPlan } from "./compose/Plan.ts"
import { prepare } from "./compose/Prepare.ts"
import { makeBeside, type Raising } from "./compose/Raise.ts"
import { apartFolders, containerOptions, volumeName, volumesOf } from "./ContainerOptions.ts"
import { find, instanceOf, needById } from "./Containers.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { failed, failureOf } from "./EngineFailure.ts"
import { applyEnvironment } from "./EnvironmentDelta.ts"
import { imageOf, local } from "./Images.ts"
import { labels } from "./Labels.ts"
import { ensureNetwork } from "./Networks.ts"
import { type Nesting, nestingOf, sayWithoutEngine } from "./Nesting.ts"
import { nestingScripts } from "./NestingScripts.ts"
import { removeContainer } from "./Remove.ts"
import { scripts, sshdConfig } from "./Scripts.ts"
import { ensureFolders } from "./VolumeFolders.ts"

type Say = (words: string) => void

/**
 * A container that the same step made is completed; one of another step that never ran is made anew; one that did run holds the
 * user's work, and is refused.
 */
export const create = (
  engine: Engine,
  log: string,
  order: Order,
  raising: Raising,
  say: Say
): Effect.Effect<Instance, BackendFailure> =>
  Effect.gen(function* () {
    const before = yield* find(engine, log, order.workspace)
    if (before !== undefined && before.state !== "created") {
      if (before.step === order.step) return instanceOf(before)
      return yield* Effect.fail(
        failed("create the workspace", "refused", `Its container ${before.handle} is there already, and holds work.`, {
          advice: "Keep its environment and remove it first."
        })
      )
    }
    if (before !== undefined && before.step !== order.step) yield* removeContainer(engine, before.id)
    const network = order.spec.network === "own" ? ensureNetwork(engine, log, order.workspace) : Effect.void
    const container =
      before?.step === order.step
        ? Effect.succeed(before.id)
        : yield* containerFor(engine, log, order, network, raising, say)
    // A container names its network, which need not be there before it starts.
    const id = yield* bothDone(
      network,
      Effect.tap(container, (made) => putFiles(engine, made, order))
    )
    const made = yield* needById(engine, id)
    if (order.spec.nested) yield* sayWithoutEngine(engine, id, say)
    if (order.environment !== undefined) yield* applyEnvironment(engine, made, order.environment, say)
    return instanceOf(made)
  })

/** The second's answer. One that fails waits for the other: whoever takes away what there is then finds all of it. */
const bothDone = <A>(one: Effect.Effect<void, BackendFailure>, other: Effect.Effect<A, BackendFailure>) =>
  Effect.all([one, other], { concurrency: "unbounded", mode: "either" }).pipe(
    Effect.flatMap(([first, second]) => Effect.zipRight(first, second))
  )

/** All that its container needs is there then, but for the network, unless services beside it are in there; what makes it gives its id. */
const containerFor = (
  engine: Engine,
  log: string,
  order: Order,
  network: Effect.Effect<void, BackendFailure>,
  raising: Raising,
  say: Say
) =>
  Effect.gen(function* () {
    const kept = order.environment === undefined ? undefined : yield* local(engine, order.environment.image)
    const image = kept ?? (yield* imageOf(engine, log, order, say))
    if (order.spec.sync === undefined) yield* ensureFolders(order)
    if (order.spec.compose !== undefined) {
      yield* network
      // What was read of them may be gone with our folder.
      if (!existsSync(planFile(order.own))) yield* prepare(log, order, raising.among, say)
      yield* makeBeside(engine, log, order, yield* readPlan(planFile(order.own)), raising, say)
    }
    const nesting = order.spec.nested ? yield* nestingOf(engine, log, order, image) : "capable"
    yield* ensureVolumes(engine, log, order)
    return makeContainer(engine, log, order, image, nesting, say)
  })

/** With a limit on the disk only where the engine's storage has one; that it is not applied is seen in the instance's limits. */
const makeContainer = (
  engine: Engine,
  log: string,
  order: Order,
  image: string,
  nesting: Nesting,
  say: Say
): Effect.Effect<string, BackendFailure> => {
  const make = (disk: boolean) =>
    engine.call("create the workspace", limits.change, (docker, abortSignal) =>
      docker.createContainer({ ...containerOptions(order, log, image, { disk, nesting }), abortSignal })
    )
  return make(true).pipe(
    Effect.catchTag("BackendFailed", (failure) => {
      if (order.spec.limits.diskBytes === undefined || !/storage-opt|pquota|quota/i.test(failure.detail)) {
        return Effect.fail(failure)
      }
      say("The engine's storage has no quotas (overlay2 needs XFS with pquota): the limit on the disk is not applied.")
      return make(false)
    }),
    Effect.map(({ id }) => id)
  )
}

const ensureVolumes = (engine: Engine, log: string, order: Order) =>
  Effect.forEach(
    [
      ...volumesOf(order).map((volume) => [volumeName(order, volume), { [labels.volume]: volume.name }] as const),
      ...apartFolders(order).map(({ volume, path }) => [volume, { [labels.apart]: path }] as const)
    ],
    ([Name, which]) =>
      engine.call("make a volume", limits.change, (docker, abortSignal) =>
        docker.createVolume({
          Name,
          Labels: { [labels.log]: log, [labels.workspace]: order.workspace, ...which },
          abortSignal
        })
      ),
    { discard: true }
  )

/** Keys and programs of ours. Nothing of this is in a checkpoint: a fork has its own. */
const putFiles = (engine: Engine, id: string, order: Order): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    // Ours has one.
    if (order.spec.image.kind !== "base") yield* refuseWithoutShell(engine, id)
    const port = order.ports.find(({ service }) => service === "ssh")?.port ?? 22
    const files = yield* Effect.tryPromise({
      try: () =>
        archiveOf([
          ...Object.entries({ ...scripts, ...(order.spec.nested ? nestingScripts : {}) }).map(([name, content]) => ({
            path: `.nexus/${name}`,
            content,
            mode: 0o755
          })),
          { path: ".nexus/folder", content: order.inside, mode: 0o644 },
          { path: ".nexus/group", content: String(order.owner.gid), mode: 0o644 },
          { path: ".nexus/sshd_config", content: sshdConfig(port, order.owner.uid === 0), mode: 0o644 },
          { path: ".nexus/authorized_keys", content: lines(order.authorizedKeys), mode: 0o644 },
          { path: ".nexus/host_key", content: lines([order.hostKey.trimEnd()]), mode: 0o600 }
        ]),
      catch: (cause) => failureOf("create the workspace", cause)
    })
    yield* engine.call("put its keys in", limits.change, (docker, abortSignal) =>
      docker.getContainer(id).putArchive(files, asking({ path: "/" }, abortSignal))
    )
  })

const refuseWithoutShell = (engine: Engine, id: string): Effect.Effect<void, BackendFailure> =>
  engine
    .call("look at the image", limits.ask, (docker, abortSignal) =>
      docker.getContainer(id).infoArchive(asking({ path: "/bin/sh" }, abortSignal))
    )
    .pipe(
      Effect.asVoid,
      Effect.catchTag("BackendFailed", (failure) =>
        Effect.fail(
          failure.kind === "gone"
            ? failed("create the workspace", "unsupported", "The image has no /bin/sh.", {
                advice: "Take one that has a shell, and openssh-server for SSH."
              })
            : failure
        )
      )
    )

const lines = (all: ReadonlyArray<string>) => all.map((line) => `${line}\n`).join("")
