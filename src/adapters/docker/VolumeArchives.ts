/** Named volumes as archives, through the engine alone: whoever runs this need not be root. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import type { Volume } from "../../domain/workspace/Spec.ts"
import type { Found } from "./Containers.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"
import { compressed, decompressed } from "./ArchiveFile.ts"
import { helperFolder, withHelper } from "./Helpers.ts"
import { labels, nameOf, ofWorkspace } from "./Labels.ts"
import { isOfEngine } from "./Nesting.ts"

interface VolumeArchive {
  readonly volume: string
  readonly file: string
  readonly hash: string
  readonly bytes: number
}

/** A nested engine's images are not in checkpoints: they are made again. */
const isKept = (volume: Volume) => !isOfEngine(volume)

/**
 * One archive each, `VOLUME.tar.zst` in `folder`, hashed as it is there. Those that only services beside it have are read through a
 * helper that is never started.
 */
export const keepVolumes = (
  engine: Engine,
  found: Found,
  folder: string
): Effect.Effect<ReadonlyArray<VolumeArchive>, BackendFailure> =>
  Effect.gen(function* () {
    const beside = yield* besideVolumes(engine, found)
    const all = [...found.volumes.filter(isKept).map(({ name }) => name), ...beside]
    return yield* Effect.forEach(all, (volume) => {
      const file = join(folder, `${volume.replaceAll("/", "-")}.tar.zst`)
      return engine
        .call("keep a volume", limits.image, (docker, signal) =>
          at(docker, found, volume, signal, async (container, path) =>
            compressed(await container.getArchive(asking({ path: `${path}/.` }, signal)), file, signal)
          )
        )
        .pipe(Effect.map(({ hash, bytes }) => ({ volume, file, hash, bytes })))
    })
  })

/** What services beside it keep, by the names that the log has: `compose/NAME`. */
const besideVolumes = (engine: Engine, found: Found): Effect.Effect<ReadonlyArray<string>, BackendFailure> =>
  found.plan === ""
    ? Effect.succeed([])
    : engine
        .call("find its volumes", limits.ask, (docker, abortSignal) =>
          docker.listVolumes({
            filters: ofWorkspace(found.info.Config.Labels[labels.log] ?? "", found.workspace),
            abortSignal
          })
        )
        .pipe(
          Effect.map(({ Volumes }) =>
            (Volumes ?? [])
              .flatMap(({ Labels }) => Labels?.[labels.volume] ?? [])
              .filter(isBeside)
              .sort()
          )
        )

const isBeside = (volume: string): boolean => volume.startsWith("compose/")

const sourceOf = ({ workspace }: Found, volume: string): string => `${nameOf(workspace)}-${volume.replace("/", "-")}`

/** A container that has the volume, and where. */
const at = <A>(
  docker: Docker,
  found: Found,
  volume: string,
  signal: AbortSignal,
  use: (container: Docker.Container, path: string) => Promise<A>
): Promise<A> => {
  const known = found.volumes.find(({ name }) => name === volume)
  if (known !== undefined) return use(docker.getContainer(found.id), known.path)
  const mount = { Type: "volume", Source: sourceOf(found, volume) } as const
  return withHelper(docker, found, { mount, command: ["true"], signal }, (helper) => use(helper, helperFolder))
}

/** The volume is emptied first, by a container that has nothing but it. */
export const restoreVolumes = (
  engine: Engine,
  found: Found,
  archives: ReadonlyArray<{ readonly volume: string; readonly file: string }>
): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    if (found.state === "running" || found.state === "paused") {
      return yield* Effect.fail(
        failed("restore the volumes", "refused", `The workspace is ${found.state}.`, { advice: "Stop it first." })
      )
    }
    const beside = yield* besideVolumes(engine, found)
    for (const { volume, file } of archives) {
      if (!beside.includes(volume) && !found.volumes.some(({ name }) => name === volume)) {
        return yield* Effect.fail(failed("restore the volumes", "gone", `It has no volume ${volume}.`))
      }
      const source = sourceOf(found, volume)
      yield* engine.call("empty a volume", limits.image, (docker, signal) => emptied(docker, found, source, signal))
      yield* engine.call("restore a volume", limits.image, (docker, signal) =>
        at(docker, found, volume, signal, async (container, path) => {
          await container.putArchive(decompressed(file), asking({ path }, signal))
        })
      )
    }
  })

const emptied = (docker: Docker, found: Found, source: string, signal: AbortSignal) => {
  const command = ["/bin/sh", "-c", `find ${helperFolder} -mindepth 1 -delete`]
  return withHelper(docker, found, { mount: { Type: "volume", Source: source }, command, signal }, async (helper) => {
    await helper.start({ abortSignal: signal })
    const { StatusCode } = (await helper.wait({ abortSignal: signal })) as { readonly StatusCode: number }
    if (StatusCode !== 0) throw new Error(`find ended with ${StatusCode}`)
  })
}
