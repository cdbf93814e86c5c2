/** Files that are there whole or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** A file could not be written. What was there before is untouched. */
export class FileUnwritable extends Schema.TaggedError<FileUnwritable>()("FileUnwritable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} was not written: ${this.reason}. Give another place.`
  }
}

/** Writes texts one after another into a file that only its owner may read, which takes its name when it is complete. */
export const writeAtomically = <E, R>(
  path: string,
  texts: Stream.Stream<string, E, R>
): Effect.Effect<void, E | FileUnwritable, R> => {
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const attempt = <A>(body: () => A) =>
    Effect.try({
      try: body,
      catch: (cause) => new FileUnwritable({ path, reason: cause instanceof Error ? cause.message : String(cause) })
    })
  return Effect.acquireUseRelease(
    attempt(() => openSync(unfinished, "wx", 0o600)),
    (file) =>
      Stream.runForEach(texts, (text) => attempt(() => writeFileSync(file, text))).pipe(
        Effect.zipRight(
          attempt(() => {
            fsyncSync(file)
            renameSync(unfinished, path)
          })
        )
      ),
    (file) =>
      Effect.sync(() => {
        closeSync(file)
        rmSync(unfinished, { force: true })
      })
  )
}
