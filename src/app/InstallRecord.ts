/** What is noted in the home of each settings file that Nexus wrote into, so that it can be put back. */
import { hash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Schema from "effect/Schema"
import { Planted } from "./Seeds.ts"
import { replaceFile } from "./ReplaceFile.ts"

/** What a settings file was before Nexus wrote into it, and what Nexus made of it. */
const Install = Schema.parseJson(
  Schema.Struct({
    file: Schema.String,
    before: Schema.NullOr(Schema.String),
    /** SHA-256 of what Nexus wrote. */
    after: Schema.String,
    madeFolder: Schema.Boolean,
    /** What Nexus made beside it; see `Seeds.ts`. */
    seeds: Schema.optional(Planted)
  })
)
export type Install = typeof Install.Type

const recordFile = (installs: string, file: string): string =>
  join(installs, `${hash("sha256", file).slice(0, 32)}.json`)

export const note = (installs: string, install: Install): void => {
  mkdirSync(installs, { recursive: true, mode: 0o700 })
  replaceFile(recordFile(installs, install.file), Schema.encodeSync(Install)(install), 0o600)
}

export const forget = (installs: string, file: string): void => rmSync(recordFile(installs, file), { force: true })

/** Whether Nexus made this folder, for a settings file that is in it. */
export const madeBefore = (installs: string, folder: string): boolean => {
  const names = existsSync(installs) ? readdirSync(installs) : []
  return names
    .map((name) => readRecord(join(installs, name)))
    .some((install) => install?.madeFolder === true && dirname(install.file) === folder)
}

export const recordOf = (installs: string, file: string): Install | undefined => readRecord(recordFile(installs, file))

const readRecord = (path: string): Install | undefined => {
  try {
    return Schema.decodeUnknownSync(Install)(readFileSync(path, "utf8"))
  } catch {
    // Not there or not readable: then our hooks are taken out one by one.
    return undefined
  }
}
