/** Something that is configured cannot be understood: a file, or a variable of the environment. */
import * as Schema from "effect/Schema"

export class ConfigUnreadable extends Schema.TaggedError<ConfigUnreadable>()("ConfigUnreadable", {
  /** The file or the variable. */
  source: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.source}: ${this.reason}`
  }
}
