/** The programs in the home: the script that hooks run, and what starts Nexus for whoever has it on no PATH. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { packageFile } from "../events/PackageFile.ts"
import { loadSafely } from "./Config.ts"
import { Nexus } from "./Nexus.ts"
import type { HookTarget, SettingsRefused } from "./ports/Agent.ts"
import { replaceFile } from "./ReplaceFile.ts"
import { onDisk } from "./SettingsFile.ts"

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

/** What hooks of this Nexus run in a checkout. */
export const hookTarget = ({ home, program, platform }: Nexus["Type"], checkout: string): HookTarget => ({
  script: home.hookScript,
  home: home.path,
  platform,
  ...program,
  continuations: loadSafely(home.config, checkout).enforcer.limits.sinceHuman,
  packaged
})

/** The text of a file in this package's `integrations/`; null where it has none of that name. */
export const packaged = (path: string): string | null => {
  const file = packageFile("integrations", path)
  return existsSync(file) ? readFileSync(file, "utf8") : null
}

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
