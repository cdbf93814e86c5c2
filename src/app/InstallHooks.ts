/** Putting an agent's hooks into its settings file, and taking them out again as if they had never been there. */
import { hash } from "node:crypto"
import { existsSync, mkdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { createTwoFilesPatch } from "diff"
import * as InstallRecord from "./InstallRecord.ts"
import { hookTarget } from "./InstallScript.ts"
import { Nexus } from "./Nexus.ts"
import { type InstallableAgent, type Seed, SettingsRefused } from "./ports/Agent.ts"
import * as Seeds from "./Seeds.ts"
import { replaceFile, targetOf } from "./ReplaceFile.ts"
import { onDisk, read, removeIfEmpty } from "./SettingsFile.ts"

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
  /** The folder that is to be filled beside the file, because it is not there yet; and with what. */
  readonly beside?: { readonly folder: string; readonly seeds: ReadonlyArray<Seed> }
}

export const planInstall = (
  agent: InstallableAgent,
  checkout: string,
  scope: Scope
): Effect.Effect<SettingsChange, SettingsRefused, Nexus> =>
  Effect.gen(function* () {
    const file = join(checkout, agent.settings.file(scope))
    const before = yield* read(file)
    const planned = agent.settings.install(before, hookTarget(yield* Nexus, checkout), scope)
    if (Either.isLeft(planned)) return yield* new SettingsRefused({ file, reason: planned.left.message })
    const { seeds = [] } = agent.settings
    const folder = join(checkout, agent.settings.file(scope).split("/")[0] ?? "")
    return {
      ...change(agent, file, scope, before, planned.right.text),
      ...(Seeds.plan(folder, seeds) === undefined ? {} : { beside: { folder, seeds } })
    }
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
    const install = InstallRecord.recordOf(home.installs, file)
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
      const earlier = InstallRecord.recordOf(home.installs, file)
      const untouched = before !== null && earlier?.after === hash("sha256", before)
      const madeFolder = untouched
        ? earlier.madeFolder
        : !existsSync(dirname(file)) || InstallRecord.madeBefore(home.installs, dirname(file))
      const { folder, seeds } = planned.beside ?? { folder: "", seeds: [] }
      const planted = Seeds.plan(folder, seeds) ?? earlier?.seeds
      InstallRecord.note(home.installs, {
        file,
        before: untouched ? earlier.before : before,
        after: hash("sha256", after),
        madeFolder,
        ...(planted === undefined ? {} : { seeds: planted })
      })
      if (planned.beside !== undefined && !existsSync(folder)) Seeds.plant(folder, seeds)
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
      const install = InstallRecord.recordOf(home.installs, file)
      if (planned.changed) {
        if (after === null) rmSync(targetOf(file), { force: true })
        else replaceFile(file, after)
        if (after === null && install?.madeFolder === true) removeIfEmpty(dirname(file))
        if (after === null && install?.seeds !== undefined) Seeds.uproot(install.seeds)
      }
      InstallRecord.forget(home.installs, file)
    })
  })

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

/** A person may have written to the file since the plan was made: what they wrote is not ours to overwrite. */
const unchanged = (planned: SettingsChange): Effect.Effect<void, SettingsRefused> =>
  Effect.flatMap(read(planned.file), (now) =>
    now === planned.before
      ? Effect.void
      : Effect.fail(
          new SettingsRefused({ file: planned.file, reason: "it was changed meanwhile. Run the command again." })
        )
  )
