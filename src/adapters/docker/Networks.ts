/** A network of a workspace's own: it reaches out, and no other workspace is in it. */
import { networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { type Engine, limits } from "./Engine.ts"
import { failed, isGone } from "./EngineFailure.ts"
import { labels, nameOf, ofWorkspace } from "./Labels.ts"

/** Makes it, unless it is there. */
export const ensureNetwork = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId
): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    if ((yield* networks(engine, log, workspace)).length > 0) return
    // An engine has room for some thirty networks of its own choice. Then it is told where.
    for (const subnet of [undefined, ...subnets(workspace)]) {
      const made = yield* make(engine, log, workspace, subnet).pipe(
        Effect.as(true),
        Effect.catchTag("BackendFailed", (failure) =>
          /address pool|overlaps/i.test(failure.detail) ? Effect.succeed(false) : Effect.fail(failure)
        )
      )
      if (made) return
    }
    return yield* Effect.fail(
      failed("make its network", "failed", "The engine has no addresses left for another network.", {
        advice: "Remove networks that nobody uses: docker network prune."
      })
    )
  })

export const removeNetwork = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId
): Effect.Effect<void, BackendFailure> =>
  Effect.flatMap(networks(engine, log, workspace), (all) =>
    Effect.forEach(
      all,
      ({ Id }) =>
        engine
          .call("remove its network", limits.change, (docker, abortSignal) =>
            docker.getNetwork(Id).remove({ abortSignal } as {})
          )
          .pipe(Effect.catchIf(isGone, () => Effect.void)),
      { discard: true }
    )
  )

const networks = (engine: Engine, log: string, workspace: WorkspaceId) =>
  engine.call("find its network", limits.ask, (docker, abortSignal) =>
    docker.listNetworks({ filters: ofWorkspace(log, workspace), abortSignal } as {})
  )

const make = (engine: Engine, log: string, workspace: WorkspaceId, subnet: string | undefined) =>
  engine.call("make its network", limits.change, (docker, abortSignal) =>
    docker.createNetwork({
      Name: nameOf(workspace),
      Driver: "bridge",
      Labels: { [labels.log]: log, [labels.workspace]: workspace },
      ...(subnet === undefined ? {} : { IPAM: { Driver: "default", Config: [{ Subnet: subnet }] } }),
      abortSignal
    } as { Name: string })
  )

/**
 * Some of the 4096 networks of sixteen addresses in 10.213.0.0/16, beginning at a place that depends on the workspace, and none when
 * this machine is in there itself.
 */
const subnets = (workspace: WorkspaceId): ReadonlyArray<string> => {
  const isOurs = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address, netmask }) => address.startsWith("10.213.") && netmask !== "255.255.255.240")
  )
  if (isOurs) return []
  const first = Number.parseInt(workspace.slice(-3), 16)
  return Array.from({ length: 256 }, (_, index) => {
    const place = (first + index * 17) % 4096
    return `10.213.${place >> 4}.${(place & 15) * 16}/28`
  })
}
