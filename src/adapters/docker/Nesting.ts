/** A container engine in a workspace: which rights it gets, what starts it, and whether it started. */
import * as Effect from "effect/Effect"
import type { BackendFailure, Order } from "../../app/ports/Backend.ts"
import type { Volume } from "../../domain/workspace/Spec.ts"
import type { Found } from "./Containers.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"
import { raw } from "./Execute.ts"
import { labels } from "./Labels.ts"

/** How a nested engine gets its rights: all of them, or all that this host has when it hasn't all. */
export type Nesting = "privileged" | "capable"

/** Where a nested engine keeps its images: an overlay can't be on an overlay. */
export const nestedVolume: Volume = { name: "nexus-engine", path: "/var/lib/docker" }

export const isNested = ({ volumes }: Pick<Found, "volumes">): boolean => volumes.some(isOfEngine)

export const isOfEngine = ({ name }: Pick<Volume, "name">): boolean => name === nestedVolume.name

/** Found out by trying: an engine that is itself in a container may lack capabilities, and says so only at a start. */
export const nestingOf = (
  engine: Engine,
  log: string,
  order: Order,
  image: string
): Effect.Effect<Nesting, BackendFailure> =>
  engine.call("look for the rights of a nested engine", limits.change, async (docker, abortSignal) => {
    const trial = await docker.createContainer({
      Image: image,
      Labels: { [labels.log]: log, [labels.helper]: order.workspace },
      Entrypoint: ["/bin/sh", "-c", ":"],
      Cmd: [],
      User: "0:0",
      HostConfig: { NetworkMode: "none", Privileged: true },
      abortSignal
    })
    try {
      await trial.start({ abortSignal })
      return "privileged"
    } catch (cause) {
      if (/caps|permitted/i.test(String(cause))) return "capable"
      throw cause
    } finally {
      await trial.remove(asking({ force: true, v: true }, abortSignal))
    }
  })

const programs = ["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"]

/** Says so when the image has no engine to start. */
export const sayWithoutEngine = (
  engine: Engine,
  id: string,
  say: (words: string) => void
): Effect.Effect<void, BackendFailure> =>
  Effect.exists(programs, (path) =>
    engine
      .call("look for a nested engine", limits.ask, (docker, abortSignal) =>
        docker.getContainer(id).infoArchive(asking({ path }, abortSignal))
      )
      .pipe(
        Effect.as(true),
        Effect.catchTag("BackendFailed", (failure) =>
          failure.kind === "gone" ? Effect.succeed(false) : Effect.fail(failure)
        )
      )
  ).pipe(
    Effect.map((there) => {
      if (!there) say("The image has no dockerd to start: take one that has it, such as with Debian's docker.io")
    })
  )

/** Waits until the nested engine takes commands, when there is one. */
export const awaitEngine = (engine: Engine, found: Found): Effect.Effect<void, BackendFailure> =>
  raw(engine, found.id, { command: ["/bin/sh", "/.nexus/engine-ready"], user: "0:0" }).pipe(
    Effect.flatMap(({ exit, stdout }) =>
      exit === 0
        ? Effect.void
        : Effect.fail(
            failed("start the nested engine", "failed", stdout.trim().slice(-700), {
              advice: "Its dockerd is the image's: try the image by itself, or make the workspace without --dind."
            })
          )
    )
  )
