/**
 * What differs in a container from its image, as an archive: files and folders as they are, and a list of what is not there any more.
 *
 * Where the engine keeps a container's own layer in a folder (overlay2), that folder is read, through a helper that is never started;
 * elsewhere the whole file system is exported, and what did not change is left out. Both work on one that is paused or stopped.
 */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { Readable } from "node:stream"
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, EnvironmentDelta } from "../../app/ports/Backend.ts"
import { compressed, decompressed } from "./ArchiveFile.ts"
import type { Found } from "./Containers.ts"
import { delta } from "./DeltaArchive.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { helperFolder, withHelper } from "./Helpers.ts"

/** Undefined when nothing differs but what every start makes anew. Parts of seconds, sockets and the holes of files are not kept. */
export const keepEnvironment = (
  engine: Engine,
  found: Found,
  folder: string
): Effect.Effect<EnvironmentDelta | undefined, BackendFailure> =>
  engine.call("keep the environment", limits.image, async (docker, signal) => {
    const file = join(folder, "environment.tar.zst")
    const container = docker.getContainer(found.id)
    // The engine compares all of the image; the files are read meanwhile.
    const changes = container.changes({ abortSignal: signal }) as Promise<ReadonlyArray<Change> | null>
    // Whoever awaits it first is told; until then a failure of it is nobody's.
    changes.catch(() => undefined)
    const write = async (files: NodeJS.ReadableStream, isLayer: boolean) => {
      const { archive, differs } = delta(files as Readable, { isLayer, mounts: mountsOf(found), changes })
      const { hash, bytes } = await compressed(archive, file, signal)
      if (differs()) return { file, hash, bytes, image: found.image ?? "" }
      await rm(file, { force: true })
      return undefined
    }
    const layer = layerOf(found)
    if (layer === undefined) return write(await container.export({ abortSignal: signal }), false)
    const mount = { Type: "bind", Source: layer, ReadOnly: true } as const
    return withHelper(docker, found, { mount, command: ["true"], signal }, async (helper) =>
      write(await helper.getArchive(asking({ path: `${helperFolder}/.` }, signal)), true)
    )
  })

/** Puts it into a container that has not run yet. */
export const applyEnvironment = (
  engine: Engine,
  found: Found,
  kept: EnvironmentDelta,
  say: (words: string) => void
): Effect.Effect<void, BackendFailure> => {
  if (found.image !== kept.image) {
    say(
      `The environment was kept of the image ${kept.image}, which is not here: it is put on ${found.image ?? "another"}.`
    )
  }
  return Effect.asVoid(
    engine.call("restore the environment", limits.image, (docker, signal) =>
      docker.getContainer(found.id).putArchive(decompressed(kept.file), asking({ path: "/" }, signal))
    )
  )
}

/** Docker Engine API, "Get changes on a container's filesystem". */
export interface Change {
  readonly Path: string
  /** 0 modified, 1 added, 2 removed. */
  readonly Kind: 0 | 1 | 2
}

const layerOf = ({ info }: Found): string | undefined => {
  // An engine that keeps images in containerd says nothing of it.
  const { GraphDriver } = info as Partial<Docker.ContainerInspectInfo>
  return GraphDriver?.Name === "overlay2"
    ? (GraphDriver.Data as Readonly<Record<string, string>>)["UpperDir"]
    : undefined
}

const mountsOf = ({ info }: Found): ReadonlyArray<string> => [
  ...info.Mounts.map(({ Destination }) => Destination),
  ...Object.keys(info.HostConfig.Tmpfs ?? {})
]
