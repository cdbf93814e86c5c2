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
import { nameOf } from "./Labels.ts"
import { isOfEngine } from "./Nesting.ts"

interface VolumeArchive {
  readonly volume: string
  readonly file: string
  readonly hash: string
  readonly bytes: number
}

/** A nested engine's images are not in checkpoints: they are made again. */
const isKept = (volume: Volume) => !isOfEngine(volume)

/** One archive each, `VOLUME.tar.zst` in `folder`, hashed as it is there. */
export const keepVolumes = (
  engine: Engine,
  found: Found,
  folder: string
): Effect.Effect<ReadonlyArray<VolumeArchive>, BackendFailure> =>
  Effect.forEach(found.volumes.filter(isKept), ({ name, path }) => {
    const file = join(folder, `${name}.tar.zst`)
    return engine
      .call("keep a volume", limits.image, async (docker, abortSignal) => {
        const archive = await docker.getContainer(found.id).getArchive(asking({ path: `${path}/.` }, abortSignal))
        return compressed(archive, file, abortSignal)
      })
      .pipe(Effect.map(({ hash, bytes }) => ({ volume: name, file, hash, bytes })))
  })

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
    for (const { volume, file } of archives) {
      const known = found.volumes.find(({ name }) => name === volume)
      if (known === undefined) {
        return yield* Effect.fail(failed("restore the volumes", "gone", `It has no volume ${volume}.`))
      }
      const source = `${nameOf(found.workspace)}-${volume}`
      yield* engine.call("empty a volume", limits.image, (docker, signal) => emptied(docker, found, source, signal))
      yield* engine.call("restore a volume", limits.image, async (docker, abortSignal) => {
        await docker.getContainer(found.id).putArchive(decompressed(file), asking({ path: known.path }, abortSignal))
      })
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
