/** `nexus workspace guard`: what a hook runs before a risky command of an agent; what it is to do comes on stdin. For nobody else. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { Nexus } from "../../app/Nexus.ts"
import type { Guard } from "../../app/workspaces/ProtectStep.ts"
import { takeCheckpoint } from "../../app/workspaces/TakeCheckpoint.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { locate } from "../../events/Home.ts"
import * as Live from "../Live.ts"
import { run } from "../run.ts"
import { takeGlobals } from "../takeGlobals.ts"
import { layer } from "./LiveWorkspaces.ts"

export const main = (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  const home = locate(globals.home, process.env)
  const guarding = Effect.gen(function* () {
    const { workspaces, until, message } = JSON.parse(readFileSync(0, "utf8")) as Guard
    yield* Effect.forEach(workspaces, (id) =>
      takeCheckpoint(id as WorkspaceId, { occasion: "risky-step", ignored: false, message, until })
    )
  })
  return run(
    guarding.pipe(
      Effect.updateService(Nexus, (nexus) => ({ ...nexus, itself: true })),
      Effect.provide(layer(home)),
      Effect.provide(Live.live(home))
    ),
    globals
  )
}
