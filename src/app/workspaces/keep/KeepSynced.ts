/** The keeper's job of seeing to it that the files of workspaces that are apart are watched. */
import * as Effect from "effect/Effect"
import { startWatcher } from "../sync/StartWatcher.ts"
import type { Job } from "./Job.ts"

export const keepSynced: Job = {
  name: "sync",
  run: ({ workspace }, note) => Effect.as(startWatcher(workspace), note)
}
