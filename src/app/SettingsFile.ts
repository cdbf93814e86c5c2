/** Reading and writing the files that belong to a person: whole or not at all, through links, with their modes. */
import { isUtf8 } from "node:buffer"
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { SettingsRefused } from "./ports/Agent.ts"

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

/** Where a path leads through symbolic links, whether or not a file is there. */
export const targetOf = (path: string): string => {
  let target = path
  for (let links = 0; lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    if (links === 40) throw new Error("its symbolic links lead around in a circle.")
    target = resolve(dirname(target), readlinkSync(target))
  }
  return target
}

/** Whole or not at all; through symbolic links, since settings are often kept elsewhere; with the old file's mode. */
export const replaceFile = (path: string, content: string, mode?: number): void => {
  const target = targetOf(path)
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
  const kept = mode ?? (existsSync(target) ? statSync(target).mode & 0o777 : undefined)
  try {
    writeFileSync(temporary, content, { flush: true, ...(kept === undefined ? {} : { mode: kept }) })
    if (kept !== undefined) chmodSync(temporary, kept)
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}

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
