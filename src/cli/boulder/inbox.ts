/** `nexus inbox`: what waits for a person. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { inbox } from "../../app/boulder/Inbox.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { table } from "../Table.ts"
import { withLog } from "../withLog.ts"

export const inboxCommand = Command.make(
  "inbox",
  {
    all: Options.boolean("all").pipe(Options.withDescription("Of every project, not only of the one here")),
    ...globals
  },
  ({ all }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const items = yield* inbox({ all })
        yield* output.result({ items }, () =>
          items.length === 0
            ? ["Nothing waits for you."]
            : table(
                ["since", "project", "what", "", "why", "answer"],
                items.map((one) => [shownTime(one.since), one.project, one.kind, one.subject, one.text, one.todo]),
                output.style
              )
        )
      })
    )
).pipe(
  Command.withDescription(
    "List what waits for a person: escalations, blocked tasks, integrity alarms, idle conversations and workspaces, pauses"
  )
)
