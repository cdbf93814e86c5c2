/** What is kept of a workspace's compose files, from its creation to its end, in its folder of ours. */
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { BackendFailure, Publication } from "../../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import { failed } from "../EngineFailure.ts"
import { nameOf } from "../Labels.ts"
import type { Plan } from "./Model.ts"
import { within } from "./Places.ts"

export const planFile = (own: string): string => join(own, "compose.json")

export const keepPlan = (own: string, plan: Plan): void => {
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const file = planFile(own)
  writeFileSync(`${file}.tmp`, JSON.stringify(plan), { mode: 0o600 })
  renameSync(`${file}.tmp`, file)
}

/** Fails with "gone" when it is not there any more. */
export const readPlan = (file: string): Effect.Effect<Plan, BackendFailure> =>
  Effect.try({
    try: () => JSON.parse(readFileSync(file, "utf8")) as Plan,
    catch: () =>
      failed("read the compose files", "gone", `What was kept of its compose files is gone: ${file}.`, {
        advice: "Make a new workspace of a checkpoint: nexus workspace checkpoint fork."
      })
  })

export const volumeName = (workspace: WorkspaceId, volume: string): string => `${nameOf(workspace)}-compose-${volume}`

/** What the tool is given: one file, of which both versions of it understand every word. */
export const fileOf = (plan: Plan, workspace: WorkspaceId, ports: ReadonlyArray<Publication>): string => {
  const ofService = (name: string) =>
    ports
      .filter(({ companion }) => companion === name)
      .map(({ host, hostPort, port, protocol }) => `${host}:${hostPort}:${port}/${protocol}`)
  return JSON.stringify({
    services: Object.fromEntries(
      Object.entries(plan.services).map(([name, service]) => {
        const published = ofService(name)
        return [name, published.length === 0 ? service : { ...service, ports: published }]
      })
    ),
    networks: { default: { external: true, name: nameOf(workspace) } },
    ...(plan.volumes.length === 0
      ? {}
      : {
          volumes: Object.fromEntries(
            plan.volumes.map((name) => [name, { external: true, name: volumeName(workspace, name) }])
          )
        }),
    ...(Object.keys(plan.secrets).length === 0 ? {} : { secrets: plan.secrets }),
    ...(Object.keys(plan.configs).length === 0 ? {} : { configs: plan.configs })
  })
}

/**
 * Whether what they mount is still in the worktree: somebody inside may have put a link there since. What is not there is made, as
 * a folder of the worktree's owner; the engine would make it root's.
 */
export const checkBinds = (
  { binds, folder }: Plan,
  owner: { readonly uid: number; readonly gid: number }
): Effect.Effect<void, BackendFailure> =>
  Effect.forEach(
    binds,
    (bind) =>
      Effect.suspend(() => {
        if (within(folder, bind) !== bind)
          return Effect.fail(
            failed("start its services", "refused", `${bind}, which one of them mounts, leads out of the worktree.`, {
              advice: "Remove the link."
            })
          )
        makeFolder(bind, owner)
        return Effect.void
      }),
    { discard: true }
  )

const makeFolder = (path: string, owner: { readonly uid: number; readonly gid: number }): void => {
  if (existsSync(path)) return
  makeFolder(dirname(path), owner)
  mkdirSync(path)
  if (process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid)
}
