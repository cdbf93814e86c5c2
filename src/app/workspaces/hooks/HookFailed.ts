/** A command of the project's, run in a workspace at its time, did not end well. The workspace is there all the same. */
import * as Schema from "effect/Schema"
import { HookStage } from "../../../domain/workspace/Spec.ts"

export class HookFailed extends Schema.TaggedError<HookFailed>()("HookFailed", {
  workspace: Schema.String,
  stage: HookStage,
  /** Where it was asked for, and what it is. */
  hook: Schema.String,
  command: Schema.String,
  exit: Schema.NullOr(Schema.Int),
  timedOut: Schema.Boolean,
  /** Of what it printed, secrets redacted. */
  lastLines: Schema.Array(Schema.String),
  hint: Schema.String
}) {
  override get message() {
    const how = this.timedOut ? "took too long" : `failed with exit code ${this.exit}`
    const said = this.lastLines.length === 0 ? "It printed nothing" : `It said: ${this.lastLines.join(" | ")}`
    return `In ${this.workspace}, the hook ${this.hook} (${this.command}) ${how}. ${said.replace(/(?<![.!?])$/, ".")}`
  }
}
