/** Settings files of a person's as they are on the disk, and what is wrong with them, by name. */
import { isUtf8 } from "node:buffer"
import { existsSync, readFileSync, rmdirSync } from "node:fs"
import * as Effect from "effect/Effect"
import { SettingsRefused } from "./ports/Agent.ts"
import { targetOf } from "./ReplaceFile.ts"

/** Null: no such file. */
export const read = (file: string): Effect.Effect<string | null, SettingsRefused> =>
  Effect.gen(function* () {
    const bytes = yield* Effect.try({
      try: () => {
        const target = targetOf(file)
        return existsSync(target) ? readFileSync(target) : null
      },
      catch: (cause) => new SettingsRefused({ file, reason: cause instanceof Error ? cause.message : String(cause) })
    })
    if (bytes !== null && !isUtf8(bytes)) return yield* new SettingsRefused({ file, reason: "it is not UTF-8 text." })
    return bytes === null ? null : bytes.toString("utf8")
  })

export const removeIfEmpty = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch {
    // Something else is in it by now, so it stays.
  }
}

export const onDisk = (file: string, body: () => void): Effect.Effect<void, SettingsRefused> =>
  Effect.try({
    try: body,
    catch: (cause) => new SettingsRefused({ file, reason: cause instanceof Error ? cause.message : String(cause) })
  })
