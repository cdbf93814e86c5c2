/** What hooks printed when they were run last. */
import * as Effect from "effect/Effect"
import { workspaceStream } from "../../../domain/workspace/Ids.ts"
import type { WorkspaceCommandRan } from "../../../domain/workspace/WorkspaceEvents.ts"
import { EventLog } from "../../../events/EventLog.ts"
import { NotFound } from "../../Find.ts"
import { nearest } from "../../nearest.ts"
import { find } from "../Find.ts"

/** Of a stage, or of one of its hooks, by its name. Fails with NotFound for what was never run. */
export const hookLog = (name: string, wanted: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const log = yield* EventLog
    const events = yield* log.page({ stream: workspaceStream(workspace.id) }, Number.MAX_SAFE_INTEGER)
    const ran = events.flatMap(({ type, payload }) =>
      type === "WorkspaceCommandRan" && payload !== null && payload.hook !== undefined ? [payload as HookRan] : []
    )
    const found = ran.filter(({ hook }) => hook.stage === wanted || hook.name === wanted)
    if (found.length === 0) {
      const names = [...new Set(ran.flatMap(({ hook }) => [hook.stage, hook.name]))]
      const guess = nearest(wanted, names)
      return yield* new NotFound({
        what: "run of a hook",
        name: wanted,
        hint:
          names.length === 0
            ? `No hook was run in ${workspace.name} so far.`
            : `${guess === undefined ? "" : `Did you mean ${guess}? `}There are: ${names.join(", ")}.`
      })
    }
    // Those of one stage that were run one after the other, the last time.
    const first = found.findLastIndex(({ hook }, index) => index === 0 || hook.number === 1 || hook.name === wanted)
    const parts: Array<Buffer> = []
    for (const { output } of found.slice(first))
      parts.push((yield* log.blobs.get(output?.sha256 ?? "")) ?? Buffer.alloc(0))
    return { workspace, text: Buffer.concat(parts).toString("utf8") }
  })

type HookRan = WorkspaceCommandRan & { readonly hook: NonNullable<WorkspaceCommandRan["hook"]> }
