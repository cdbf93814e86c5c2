/** The files inside of a workspace and out here are not known to be the same; what to do about it. */
import * as Schema from "effect/Schema"

export class FilesApart extends Schema.TaggedError<FilesApart>()("FilesApart", {
  workspace: Schema.String,
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `The files inside of ${this.workspace} and out here may differ: ${this.reason.replace(/\.$/, "")}.`
  }
}

/** What any failure on the way comes to. */
export const filesApart =
  (workspace: string) =>
  (failure: { readonly _tag: string; readonly message: string; readonly hint?: string }): FilesApart => {
    if (failure instanceof FilesApart) return failure
    const command = `nexus workspace sync flush ${workspace}`
    const hints: Readonly<Record<string, string>> = {
      SyncPaused: `Let it go on: nexus workspace sync resume ${workspace}`,
      SyncHalted: `See: nexus workspace sync status ${workspace}`
    }
    return new FilesApart({
      workspace,
      reason: failure.message,
      hint: hints[failure._tag] ?? failure.hint ?? `Try again: ${command}`
    })
  }
