/** The keeper's job of stopping a workspace that nobody uses, after a warning. */
import * as Effect from "effect/Effect"
import { decide, fresh, since, type Watch } from "../../../domain/workspace/Idle.ts"
import { Nexus } from "../../Nexus.ts"
import { stop } from "../Life.ts"
import { record } from "../Operate.ts"
import { usesOf } from "../Uses.ts"
import { changeSince } from "./FileChanges.ts"
import type { Job, Kept } from "./Job.ts"
import { elapsed, type Note } from "./Notes.ts"
import { seenUse } from "./SeenUse.ts"

export const stopIdle: Job = {
  name: "idle stop",
  run: (kept, note) =>
    Effect.gen(function* () {
      const { workspace, settings, now, every } = kept
      const { idleStopMs } = workspace.spec
      const limitMs = idleStopMs === undefined ? settings.idleStop : idleStopMs
      const use = limitMs === null ? "it is not to be stopped" : yield* seenUse(kept, note)
      const isActive = use !== undefined
      const { watch, verdict } = decide(note.watch, { elapsed: elapsed(note.at, now), every, limitMs, isActive })
      if (verdict.kind === "active") {
        yield* goesOn(kept, use ?? "nobody watched it for a while")
        return { ...note, watch }
      }
      // Looking at files costs most, so it is left to the end: only a workspace that would be told on is looked through.
      const isEarly = verdict.kind === "idle" && !verdict.warned
      const written = isEarly ? undefined : writtenIn(kept, watch)
      if (written !== undefined) {
        yield* goesOn(kept, "files in it were changed")
        return { ...note, watch: written }
      }
      if (verdict.kind === "warn") {
        const payload = {
          workspace: workspace.id,
          idleMs: Math.round(watch.idleMs),
          stopsAt: Math.round(now.wall + verdict.stopsInMs)
        }
        yield* record(workspace.id, () => [{ type: "WorkspaceIdleWarned", payload }])
      }
      // Looked at again: it took a moment to find all this out.
      const { home } = yield* Nexus
      if (verdict.kind === "stop" && usesOf(home.workspaces, workspace) === 0) yield* stop(workspace.id, "idle")
      return { ...note, watch }
    }),
  failed: (note: Note) => ({ ...note, watch: fresh })
}

/** What becomes of a watch with what was written meanwhile; undefined: nothing was. */
const writtenIn = ({ workspace, now }: Kept, watch: Watch): Watch | undefined => {
  const changed = changeSince(workspace.folder, now.wall - watch.idleMs)
  if (changed === undefined) return undefined
  // What can't be looked through is never stopped.
  return changed === "unknown" ? fresh : since(watch, now.wall - changed)
}

/** Takes a warning back. */
const goesOn = ({ workspace }: Kept, why: string) =>
  record(workspace.id, (state) =>
    state.idle === null ? [] : [{ type: "WorkspaceIdleEnded", payload: { workspace: workspace.id, why } }]
  )
