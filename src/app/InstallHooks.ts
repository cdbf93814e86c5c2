/** Putting an agent's hooks into its settings file, and taking them out again as if they had never been there. */
import { isUtf8 } from "node:buffer"
import { hash } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { createTwoFilesPatch } from "diff"
import { packageFile } from "../events/PackageFile.ts"
import { Nexus } from "./Nexus.ts"
import { replaceFile, targetOf } from "./ReplaceFile.ts"
import { type HookTarget, type InstallableAgent, SettingsRefused } from "./ports/Agent.ts"

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
  agent: InstallableAgent,
  checkout: string,
  scope: Scope
): Effect.Effect<SettingsChange, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const file = join(checkout, agent.settings.file(scope))
    const before = yield* read(file)
    const planned = agent.settings.install(before, hookTarget(yield* Nexus), scope)
    if (Either.isLeft(planned)) return yield* new SettingsRefused({ file, reason: planned.left.message })
    return change(agent, file, scope, before, planned.right.text)
  })

export const planUninstall = (
  agent: InstallableAgent,
  file: string,
  scope: Scope
): Effect.Effect<SettingsChange, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const before = yield* read(file)
    if (before === null) return change(agent, file, scope, null, null)
    const install = recordOf(home.installs, file)
    // Untouched since: exactly what was there before. Otherwise only what is ours goes.
    const untouched = install?.after === hash("sha256", before)
    const target = untouched ? install.before : before
    const planned = target === null ? undefined : agent.settings.uninstall(target)
    if (planned !== undefined && Either.isLeft(planned)) {
      return yield* new SettingsRefused({ file, reason: planned.left.message })
    }
    // What was there before may have held hooks of an older Nexus: those go too.
    const clean = planned === undefined || !planned.right.changed ? target : planned.right.text
    return { ...change(agent, file, scope, before, clean), restores: untouched && clean === target }
  })

/** Writes a planned installation, noting first what was there. */
export const install = (planned: SettingsChange): Effect.Effect<void, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const { file, before, after } = planned
    if (!planned.changed || after === null) return
    yield* unchanged(planned)
    yield* onDisk(file, () => {
      const earlier = recordOf(home.installs, file)
      const untouched = before !== null && earlier?.after === hash("sha256", before)
      const madeFolder = untouched
        ? earlier.madeFolder
        : !existsSync(dirname(file)) || madeBefore(home.installs, dirname(file))
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
    yield* unchanged(planned)
    yield* onDisk(file, () => {
      const install = recordOf(home.installs, file)
      if (planned.changed) {
        if (after === null) rmSync(targetOf(file), { force: true })
        else replaceFile(file, after)
        if (after === null && install?.madeFolder === true) removeIfEmpty(dirname(file))
      }
      rmSync(recordFile(home.installs, file), { force: true })
    })
  })

/** Puts the script that the hooks run, the spool that it writes to, and a way to start Nexus into the home. */
export const installScript: Effect.Effect<void, SettingsRefused, Nexus> = Effect.gen(function* () {
  const { home, program } = yield* Nexus
  yield* onDisk(home.hookScript, () => {
    for (const folder of ["tmp", "new", "rejected"])
      mkdirSync(join(home.spool, folder), { recursive: true, mode: 0o700 })
    mkdirSync(dirname(home.hookScript), { recursive: true, mode: 0o700 })
  })
  for (const [path, text] of [
    [home.hookScript, hookScript(home.path, program)],
    [home.launcher, launcher(home.path, program)]
  ] as const) {
    yield* onDisk(path, () => {
      if (!existsSync(path) || readFileSync(path, "utf8") !== text) replaceFile(path, text, 0o700)
      chmodSync(path, 0o700)
    })
  }
})

/** What hooks of this Nexus run. */
export const hookTarget = ({ home, program, platform }: Nexus["Type"]): HookTarget => ({
  script: home.hookScript,
  home: home.path,
  platform,
  ...program
})

/** The hook script for a home and a program. */
export const hookScript = (home: string, program: Program): string => filledIn("nexus-hook", home, program)

/** What starts that program with that home. */
export const launcher = (home: string, program: Program): string => filledIn("nexus", home, program)

type Program = Nexus["Type"]["program"]

const filledIn = (script: string, home: string, program: Program): string =>
  readFileSync(packageFile("integrations", "hooks", script), "utf8").replaceAll(/@(HOME|NODE|NEXUS)@/g, (_, name) =>
    quote(name === "HOME" ? home : name === "NODE" ? program.node : program.nexus)
  )

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const change = (
  agent: InstallableAgent,
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

/** A person may have written to the file since the plan was made: what they wrote is not ours to overwrite. */
const unchanged = (planned: SettingsChange): Effect.Effect<void, SettingsRefused> =>
  Effect.flatMap(read(planned.file), (now) =>
    now === planned.before
      ? Effect.void
      : Effect.fail(
          new SettingsRefused({ file: planned.file, reason: "it was changed meanwhile. Run the command again." })
        )
  )

const recordFile = (installs: string, file: string): string =>
  join(installs, `${hash("sha256", file).slice(0, 32)}.json`)

/** Whether Nexus made this folder, for a settings file that is in it. */
const madeBefore = (installs: string, folder: string): boolean => {
  const names = existsSync(installs) ? readdirSync(installs) : []
  return names
    .map((name) => readRecord(join(installs, name)))
    .some((install) => install?.madeFolder === true && dirname(install.file) === folder)
}

const recordOf = (installs: string, file: string): Install | undefined => readRecord(recordFile(installs, file))

const readRecord = (path: string): Install | undefined => {
  try {
    return Schema.decodeUnknownSync(Install)(readFileSync(path, "utf8"))
  } catch {
    // Not there or not readable: then our hooks are taken out one by one.
    return undefined
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
