/** One step on one side. */
import * as Effect from "effect/Effect"
import { otherSide } from "../../domain/sync/Entry.ts"
import type { Step } from "../../domain/sync/Plan.ts"
import { SideFailed, type SyncSide } from "../ports/SyncSide.ts"
import type { Sight } from "./Look.ts"
import { stagedName } from "./Stage.ts"
import type { SyncSession } from "./SyncSession.ts"

export const applyStep = (
  session: SyncSession,
  to: SyncSide,
  step: Step,
  { scans }: Sight
): Effect.Effect<void, SideFailed> => {
  const { path } = step
  const seen = scans[to.side].seen
  const other = scans[otherSide(to.side)].seen
  const expected = step.do === "folder" || (step.do !== "remove" && step.was === undefined) ? undefined : seen.get(path)
  switch (step.do) {
    case "folder":
      return to.makeFolder(path, other.get(path)?.mode ?? 0o755)
    case "file":
      return to.putFile({
        path,
        expected,
        staged: stagedName(step),
        entry: step.entry,
        mode: scans[step.from.side].seen.get(step.from.path)?.mode ?? 0o644
      })
    case "link":
      return to.putLink({ path, expected, entry: step.entry })
    case "mode":
      return to.changeMode({ path, expected, entry: step.entry })
    case "remove": {
      if (expected === undefined) return Effect.void
      if (other.has(path)) return to.remove({ path, expected })
      // A listing may miss what is being renamed while it is made: what is not there must be not there twice.
      return Effect.flatMap(session[otherSide(to.side)].isThere(path), (isThere) =>
        isThere
          ? new SideFailed({
              side: otherSide(to.side),
              operation: "look",
              path,
              kind: "changed",
              detail: "it is there again"
            })
          : to.remove({ path, expected })
      )
    }
  }
}
