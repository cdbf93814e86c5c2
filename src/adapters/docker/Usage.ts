/** One reading of what a workspace uses. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, Usage } from "../../app/ports/Backend.ts"
import { type Found, layerBytes } from "./Containers.ts"
import { asking, type Engine, limits } from "./Engine.ts"

/** Milliseconds between the two looks at the processor's clock. */
const span = 250

/** `quick`: neither the disk space nor what the processor does at this moment. */
export const usage = (engine: Engine, found: Found, quick: boolean): Effect.Effect<Usage, BackendFailure> =>
  Effect.gen(function* () {
    const diskBytes = quick ? undefined : yield* layerBytes(engine, found.id)
    const disk = diskBytes === undefined ? {} : { diskBytes }
    if (found.state !== "running" && found.state !== "paused") return { time: Date.now(), ...disk }
    const first = yield* reading(engine, found.id)
    const second = quick ? first : yield* Effect.delay(reading(engine, found.id), span)
    const elapsed = Date.parse(second.read) - Date.parse(first.read)
    const used = second.cpu_stats.cpu_usage.total_usage - first.cpu_stats.cpu_usage.total_usage
    const networks = Object.values(second.networks ?? {})
    const { usage: memory, stats } = second.memory_stats
    // What the kernel can take back at any time is not used: cgroup 1 calls it total_inactive_file, cgroup 2 inactive_file.
    const { total_inactive_file, inactive_file } = (stats ?? {}) as Partial<Docker.MemoryStats["stats"]>
    const inactive = total_inactive_file ?? inactive_file ?? 0
    return {
      time: Date.parse(second.read),
      cpuMs: Math.round(second.cpu_stats.cpu_usage.total_usage / 1e6),
      ...(elapsed > 0 ? { cpus: Math.max(0, used) / 1e6 / elapsed } : {}),
      ...(memory === undefined ? {} : { memoryBytes: Math.max(0, memory - inactive) }),
      ...disk,
      ...(found.info.HostConfig.NetworkMode === "none"
        ? {}
        : {
            networkInBytes: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
            networkOutBytes: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0)
          }),
      ...(second.pids_stats?.current === undefined ? {} : { processes: second.pids_stats.current })
    }
  })

const reading = (engine: Engine, id: string) =>
  engine.call("measure the workspace", limits.ask, (docker, abortSignal) =>
    docker.getContainer(id).stats(asking({ stream: false, "one-shot": true } as const, abortSignal))
  )
