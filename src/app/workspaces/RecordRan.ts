/** What ran in a workspace goes on record: the command without secrets, how it ended, how long it took. */
import * as Effect from "effect/Effect"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { WorkspaceCommandRan } from "../../domain/workspace/WorkspaceEvents.ts"
import type { Ended } from "../ports/Backend.ts"
import { Secrets } from "../ports/Secrets.ts"
import { record } from "./Operate.ts"
import { shownCommand } from "./RanDelivery.ts"

export const recordRan = (
  workspace: WorkspaceId,
  via: WorkspaceCommandRan["via"],
  command: ReadonlyArray<string>,
  ended: Ended,
  output: Pick<WorkspaceCommandRan, "stdout" | "stderr"> = {}
) =>
  Effect.gen(function* () {
    const { redact } = yield* Secrets
    const payload: WorkspaceCommandRan = {
      workspace,
      via,
      command: shownCommand(command, redact),
      ...ended,
      ...output
    }
    yield* record(workspace, () => [{ type: "WorkspaceCommandRan", payload }])
  })
