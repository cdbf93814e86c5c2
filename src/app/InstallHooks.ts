/** Putting an agent's hooks into its settings file, and taking them out again as if they had never been there. */
import { hash } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { createTwoFilesPatch } from "diff"
import { packageFile } from "../events/PackageFile.ts"
import { Nexus } from "./Nexus.ts"
import { type Agent, SettingsRefused } from "./ports/Agent.ts"

export type Scope = "local" | "shared"

/** What would happen to one settings file. */
export interface SettingsChange {
  readonly agent: string
  readonly file: string
  readonly scope: Scope
  readonly before: string | null
  /** Null: the file goes. */
  readonly after: string | null
  readonly changed: boolean
  /** Whether this makes the file, byte for byte, what it was before Nexus first wrote into it. */
  readonly restores: boolean
  /** A unified diff; "" when nothing changes. */
  readonly diff: string
}

/** What a settings file was before Nexus wrote into it, and what Nexus made of it. */
const Install = Schema.parseJson(
  Schema.Struct({
    file: Schema.String,
    before: Schema.NullOr(Schema.String),
    /** SHA-256 of what Nexus wrote. */
    after: Schema.String,
    madeFolder: Schema.Boolean
  })
)
type Install = typeof Install.Type

export const planInstall = (
  agent: Agent,
  checkout: string,
  scope: Scope
): Effect.Effect<SettingsChange, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const file = join(checkout, agent.settings.file(scope))
    const before = yield* read(file)
    const planned = agent.settings.install(before, home.hookScript, scope)
    if (Either.isLeft(planned)) return yield* new SettingsRefused({ file, reason: planned.left.message })
    return change(agent, file, scope, before, planned.right.text)
  })

export const planUninstall = (
  agent: Agent,
  file: string,
  scope: Scope
): Effect.Effect<SettingsChange, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const before = yield* read(file)
    if (before === null) return change(agent, file, scope, null, null)
    const install = recordOf(home.installs, file)
    // Untouched since: exactly what was there before. Otherwise only what is ours goes.
    if (install?.after === hash("sha256", before))
      return { ...change(agent, file, scope, before, install.before), restores: true }
    const planned = agent.settings.uninstall(before)
    if (Either.isLeft(planned)) return yield* new SettingsRefused({ file, reason: planned.left.message })
    return change(agent, file, scope, before, planned.right.text)
  })

/** Writes a planned installation, noting first what was there. */
export const install = (planned: SettingsChange): Effect.Effect<void, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const { file, before, after } = planned
    if (!planned.changed || after === null) return
    yield* onDisk(file, () => {
      const earlier = recordOf(home.installs, file)
      const untouched = before !== null && earlier?.after === hash("sha256", before)
      const madeFolder = untouched ? earlier.madeFolder : !existsSync(dirname(file))
      const install: Install = {
        file,
        before: untouched ? earlier.before : before,
        after: hash("sha256", after),
        madeFolder
      }
      mkdirSync(home.installs, { recursive: true, mode: 0o700 })
      replaceFile(recordFile(home.installs, file), Schema.encodeSync(Install)(install), 0o600)
      mkdirSync(dirname(file), { recursive: true })
      replaceFile(file, after)
    })
  })

/** Writes a planned removal. */
export const uninstall = (planned: SettingsChange): Effect.Effect<void, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const { file, after } = planned
    yield* onDisk(file, () => {
      const install = recordOf(home.installs, file)
      if (planned.changed) {
        if (after === null) rmSync(file, { force: true })
        else replaceFile(file, after)
        if (after === null && install?.madeFolder === true) removeIfEmpty(dirname(file))
      }
      rmSync(recordFile(home.installs, file), { force: true })
    })
  })

/** Puts the script that the hooks run, and the spool that it writes to, into the home. */
export const installScript: Effect.Effect<void, SettingsRefused, Nexus> = Effect.gen(function* () {
  const { home, program } = yield* Nexus
  yield* onDisk(home.hookScript, () => {
    for (const folder of ["tmp", "new", "rejected"])
      mkdirSync(join(home.spool, folder), { recursive: true, mode: 0o700 })
    mkdirSync(dirname(home.hookScript), { recursive: true, mode: 0o700 })
    const script = hookScript(home.path, program)
    if (!existsSync(home.hookScript) || readFileSync(home.hookScript, "utf8") !== script) {
      replaceFile(home.hookScript, script, 0o700)
    }
  })
})

/** The hook script for a home and a program. */
export const hookScript = (home: string, program: { readonly node: string; readonly nexus: string }): string =>
  readFileSync(packageFile("integrations", "claude", "nexus-hook"), "utf8")
    .replace("@HOME@", () => quote(home))
    .replace("@NODE@", () => quote(program.node))
    .replace("@NEXUS@", () => quote(program.nexus))

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const change = (
  agent: Agent,
  file: string,
  scope: Scope,
  before: string | null,
  after: string | null
): SettingsChange => ({
  agent: agent.name,
  file,
  scope,
  before,
  after,
  changed: before !== after,
  restores: false,
  diff:
    before === after
      ? ""
      : createTwoFilesPatch(
          file,
          file,
          before ?? "",
          after ?? "",
          before === null ? "absent" : "",
          after === null ? "absent" : ""
        )
})

const read = (file: string): Effect.Effect<string | null, SettingsRefused> =>
  Effect.try({
    try: () => (existsSync(file) ? readFileSync(file, "utf8") : null),
    catch: (cause) => new SettingsRefused({ file, reason: cause instanceof Error ? cause.message : String(cause) })
  })

const recordFile = (installs: string, file: string): string =>
  join(installs, `${hash("sha256", file).slice(0, 32)}.json`)

const recordOf = (installs: string, file: string): Install | undefined => {
  try {
    return Schema.decodeUnknownSync(Install)(readFileSync(recordFile(installs, file), "utf8"))
  } catch {
    // Not there or not readable: then our hooks are taken out one by one.
    return undefined
  }
}

/** Whole or not at all; through symbolic links, since settings are often kept elsewhere; with the old file's mode. */
const replaceFile = (path: string, content: string, mode?: number): void => {
  const target = existsSync(path) ? realpathSync(path) : path
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

const removeIfEmpty = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch {
    // Something else is in it by now, so it stays.
  }
}

const onDisk = (file: string, body: () => void): Effect.Effect<void, SettingsRefused> =>
  Effect.try({
    try: body,
    catch: (cause) => new SettingsRefused({ file, reason: cause instanceof Error ? cause.message : String(cause) })
  })
