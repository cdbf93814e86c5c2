/** `nexus status` and `nexus doctor`. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { diagnose } from "../app/Doctor.ts"
import { diagnoseWorkspaces } from "../app/workspaces/DiagnoseWorkspaces.ts"
import { globals } from "./Globals.ts"
import { Output } from "./Output.ts"
import { showStatus } from "./showStatus.ts"
import { withWorkspaces } from "./workspace/withWorkspaces.ts"

export const statusCommand = Command.make("status", globals, () => showStatus).pipe(
  Command.withDescription("How things stand here")
)

export const doctorCommand = Command.make("doctor", globals, () =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const found = [...(yield* diagnose), ...(yield* diagnoseWorkspaces)]
      const marks = {
        ok: output.style("green", "✓"),
        warning: output.style("yellow", "!"),
        problem: output.style("red", "✗")
      }
      yield* output.result({ items: found }, () =>
        found.flatMap(({ check, state, detail, fix }) => [
          `${marks[state]} ${check}: ${detail}`,
          ...(fix === "" ? [] : [`  ${output.style("dim", fix)}`])
        ])
      )
    })
  )
).pipe(Command.withDescription("Check that everything is well, and say what to do where it is not"))
