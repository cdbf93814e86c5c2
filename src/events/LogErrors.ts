/** What can go wrong with the log. Each message says what to do next. */
import * as Schema from "effect/Schema"

/** The stream has moved on (or is not there yet): read it again and decide again. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  stream: Schema.String,
  expected: Schema.Int,
  actual: Schema.Int
}) {
  override get message() {
    return `Stream ${this.stream} is at version ${this.actual}, not ${this.expected}. Read it again and repeat the command.`
  }
}

/** The key was used before, for a different command. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", { key: Schema.String }) {
  override get message() {
    return `The key ${this.key} belongs to another command that was recorded before. Use a new key.`
  }
}

/** An event that its own type does not allow: wrong shape, unknown type, over its byte budget. */
export class EventRefused extends Schema.TaggedError<EventRefused>()("EventRefused", {
  type: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `An event of type ${this.type} was refused: ${this.reason}`
  }
}

/** Other writers held the log for too long. */
export class LogBusy extends Schema.TaggedError<LogBusy>()("LogBusy", {
  path: Schema.String,
  waitedMs: Schema.Number
}) {
  override get message() {
    return `The log ${this.path} was held by other processes for ${Math.round(this.waitedMs / 1000)} s. Try again.`
  }
}

/** The file is not a sound log of ours. */
export class LogDamaged extends Schema.TaggedError<LogDamaged>()("LogDamaged", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The log ${this.path} is damaged: ${this.reason}. Keep the file, and restore a backup: nexus restore FILE`
  }
}

/** The log was written by a later version of Nexus. It was not touched. */
export class LogTooNew extends Schema.TaggedError<LogTooNew>()("LogTooNew", {
  path: Schema.String,
  found: Schema.Int,
  known: Schema.Int
}) {
  override get message() {
    return `The log ${this.path} was written by a newer Nexus (log format ${this.found}; this one knows ${this.known}). Update Nexus; the log was left untouched.`
  }
}

/** Another process put a restored log in this one's place. */
export class LogReplaced extends Schema.TaggedError<LogReplaced>()("LogReplaced", { path: Schema.String }) {
  override get message() {
    return `The log ${this.path} was replaced by a restored one meanwhile. Run the command again.`
  }
}

/** The file cannot be opened, read or written. */
export class LogUnavailable extends Schema.TaggedError<LogUnavailable>()("LogUnavailable", {
  path: Schema.String,
  reason: Schema.Literal("full", "read-only", "not permitted", "missing", "failing", "unsupported"),
  detail: Schema.String
}) {
  override get message() {
    const next = {
      full: "Free some space on its disk.",
      "read-only": "Its file system is read-only: choose another place with NEXUS_HOME or --home.",
      "not permitted": "Check its owner and permissions, or choose another place with NEXUS_HOME or --home.",
      missing: 'Run "nexus init" in a repository to begin one.',
      failing: "Check the disk that it is on.",
      unsupported: "Reinstall Nexus."
    }[this.reason]
    return `The log ${this.path} cannot be used (${this.detail}). ${next}`
  }
}

/** What any use of the log can fail with. */
export type LogFailure = LogBusy | LogDamaged | LogTooNew | LogReplaced | LogUnavailable

/** What an append can fail with. */
export type AppendFailure = LogFailure | VersionConflict | KeyReused | EventRefused
