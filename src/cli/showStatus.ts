/** What `nexus status` does and prints. */
import * as Effect from "effect/Effect"
import { status } from "../app/Status.ts"
import { Output } from "./Output.ts"
import { shownTime } from "./shownTime.ts"
import { table } from "./Table.ts"
import { withLog } from "./withLog.ts"

export const showStatus = withLog(
  Effect.gen(function* () {
    const output = yield* Output
    const found = yield* status
    yield* output.result(found, () => [
      found.project === null
        ? found.checkout === null
          ? "Not in a repository"
          : `${found.checkout} is not registered: nexus init`
        : `${output.style("bold", found.project.name)} ${found.project.hooks.length > 0 ? `with hooks of ${[...new Set(found.project.hooks.map((hook) => hook.agent))].join(", ")}` : "without hooks: nexus init"}`,
      `${found.log.events} events of ${found.sessions.total} sessions in ${found.projects} projects, in ${found.home}`,
      ...(found.spool.waiting > 0 ? [`${found.spool.waiting} payloads wait in the spool`] : []),
      ...(found.spool.rejected > 0 ? [`${found.spool.rejected} payloads were rejected: nexus doctor`] : []),
      ...(found.degraded.length > 0 ? [`not in step: ${found.degraded.join(", ")}: nexus doctor`] : []),
      ...(found.sessions.active.length === 0
        ? []
        : [
            "",
            ...table(
              ["session", "agent", "model", "state", "last"],
              found.sessions.active.map((one) => [
                one.session.slice(0, 8),
                one.agent,
                one.model ?? "?",
                one.state,
                shownTime(one.active)
              ]),
              output.style
            )
          ])
    ])
  })
)
