/**
 * What differs in a container from its image, as an archive: files and folders as they are, and a list of what is not there any more.
 *
 * Where the engine keeps a container's own layer in a folder (overlay2), that folder is read, through a helper that is never started;
 * elsewhere the whole file system is exported, and what did not change is left out. Both work on one that is paused or stopped.
 */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import { extract } from "tar-stream"
import type { BackendFailure, EnvironmentDelta } from "../../app/ports/Backend.ts"
import { compressed, decompressed } from "./ArchiveFile.ts"
import type { Found } from "./Containers.ts"
import { delta, fromRoot } from "./DeltaArchive.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { helperFolder, withHelper } from "./Helpers.ts"
import { hostLayer } from "./HostLayer.ts"

/** Undefined when nothing differs but what every start makes anew. Parts of seconds, sockets and the holes of files are not kept. */
export const keepEnvironment = (
  engine: Engine,
  found: Found,
  folder: string
): Effect.Effect<EnvironmentDelta | undefined, BackendFailure> =>
  engine.call("keep the environment", limits.image, async (docker, signal) => {
    const file = join(folder, "environment.tar.zst")
    const container = docker.getContainer(found.id)
    const write = async (
      files: NodeJS.ReadableStream,
      about: { readonly isLayer: boolean; readonly changes: Promise<ReadonlyArray<Change> | null> | undefined }
    ) => {
      const inImage = (path: string) => imagePaths(docker, found, path, signal)
      const areInImage = (paths: ReadonlyArray<string>) => imageHas(docker, found, paths, signal)
      const { archive, differs } = delta(files as Readable, { ...about, mounts: mountsOf(found), inImage, areInImage })
      const { hash, bytes } = await compressed(archive, file, signal)
      if (differs()) return { file, hash, bytes, image: found.image ?? "" }
      await rm(file, { force: true })
      return undefined
    }
    const layer = layerOf(found)
    const own = layer === undefined ? undefined : hostLayer(layer, signal)
    if (own !== undefined) return write(own, { isLayer: true, changes: undefined })
    // The engine compares all of the image; the files are read meanwhile.
    const changes = container.changes({ abortSignal: signal }) as Promise<ReadonlyArray<Change> | null>
    // Whoever awaits it first is told; until then a failure of it is nobody's.
    changes.catch(() => undefined)
    if (layer === undefined) {
      return write(await container.export({ abortSignal: signal }), { isLayer: false, changes })
    }
    const mount = { Type: "bind", Source: layer, ReadOnly: true } as const
    return withHelper(docker, found, { mount, command: ["true"], signal }, async (helper) =>
      write(await helper.getArchive(asking({ path: `${helperFolder}/.` }, signal)), { isLayer: true, changes })
    )
  })

/** What the image has below a folder, and the folder itself; nothing when it has no such folder. */
const imagePaths = (docker: Docker, found: Found, path: string, signal: AbortSignal): Promise<ReadonlyArray<string>> =>
  withHelper(docker, found, { command: ["true"], signal }, async (helper) => {
    const paths: Array<string> = []
    const archive = await orMissing(helper.getArchive(asking({ path: `${path}/.` }, signal)))
    if (archive === undefined) return paths
    const reading = extract()
    reading.on("entry", ({ name }, entry, next) => {
      const below = fromRoot(name)
      paths.push(below === "/" ? path : `${path}${below}`)
      entry.resume()
      next()
    })
    await pipeline(archive, reading as unknown as NodeJS.WritableStream)
    return paths
  })

const imageHas = (docker: Docker, found: Found, paths: ReadonlyArray<string>, signal: AbortSignal): Promise<boolean> =>
  paths.length === 0
    ? Promise.resolve(true)
    : withHelper(docker, found, { command: ["true"], signal }, async (helper) => {
        for (const path of paths) {
          const isThere = await orMissing(helper.infoArchive(asking({ path }, signal)).then(() => true))
          if (isThere !== true) return false
        }
        return true
      })

const orMissing = <A>(asked: Promise<A>): Promise<A | undefined> =>
  asked.catch((cause: unknown) => {
    if ((cause as { readonly statusCode?: number }).statusCode === 404) return undefined
    throw cause
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
