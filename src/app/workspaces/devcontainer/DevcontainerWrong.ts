import * as Schema from "effect/Schema"

/** A devcontainer.json that can't be followed, or asks for what a workspace does not give. `line`: from 1. */
export class DevcontainerWrong extends Schema.TaggedError<DevcontainerWrong>()("DevcontainerWrong", {
  file: Schema.String,
  line: Schema.Int,
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `${this.file}, line ${this.line}: ${this.reason}`
  }
}
