/** The port to whatever tells that files change. */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/** The files of a checkout cannot be watched. */
export class WatchFailed extends Schema.TaggedError<WatchFailed>()("WatchFailed", {
  checkout: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.checkout} cannot be watched: ${this.detail}`
  }
}

export class FileWatcher extends Context.Tag("nexus/app/FileWatcher")<
  FileWatcher,
  {
    /** A signal when the watch has begun, and one whenever something may have changed in a checkout, outside of `.git`. */
    readonly changes: (checkout: string) => Stream.Stream<void, WatchFailed>
  }
>() {}
