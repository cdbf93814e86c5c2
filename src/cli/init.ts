/** `nexus init` and `nexus uninstall`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Prompt from "@effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as InitProject from "../app/InitProject.ts"
import type { SettingsChange } from "../app/InstallHooks.ts"
import { globals } from "./Globals.ts"
import { Output } from "./Output.ts"
import { withLog } from "./withLog.ts"

const agent = Options.text("agent").pipe(
  Options.withDescription("claude, cursor, codex, gemini or opencode; may be repeated. Default: those found here"),
  Options.repeated
)
const installed = Options.text("agent").pipe(
  Options.withDescription("Only this agent; may be repeated. Default: all"),
  Options.repeated
)
const yes = Options.boolean("yes").pipe(Options.withAlias("y"), Options.withDescription("Do not ask"))
const dryRun = Options.boolean("dry-run").pipe(Options.withDescription("Show what would change, and change nothing"))
const shared = Options.boolean("shared").pipe(
  Options.withDescription("Write hooks that can be committed: they find Nexus at run time, and are silent without it")
)

export const initCommand = Command.make("init", { agent, shared, yes, dryRun, ...globals }, (options) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const plan = yield* InitProject.planInit(options.agent, options.shared ? "shared" : "local")
      yield* showDiffs(plan.changes)
      const found =
        options.agent.length > 0 ? [] : plan.agents.map(({ agent: name, because }) => `${name} (${because})`)
      const chosen = found.length === 0 ? [] : [`Agents: ${found.join(", ")}`]
      if (options.dryRun)
        return yield* output.result(
          { dryRun: true, agents: plan.agents, changes: plan.changes.map(changeView) },
          () => [...chosen, "Nothing was changed."]
        )
      if (!(yield* agreed(plan.changes, options.yes))) return yield* output.note("Nothing was changed.")
      const report = yield* InitProject.init(plan)
      yield* output.result(report, () => [
        ...chosen,
        `${report.isNew ? "Registered" : "Known as"} ${output.style("bold", report.name)} (${report.project}) at ${report.checkout}`,
        ...report.hooks.map(
          (hook) => `${hook.changed ? "Installed" : "Already there:"} the hooks of ${hook.agent} in ${hook.file}`
        ),
        ...report.hooks.flatMap(({ nextStep }) => nextStep ?? []),
        `Everything that happens is recorded in ${report.home}`,
        "",
        "Next: work with your agent as ever, then try: nexus sessions, nexus replay, nexus status"
      ])
    })
  )
).pipe(Command.withDescription("Register this repository and install the hooks of its agents"))

export const uninstallCommand = Command.make("uninstall", { agent: installed, yes, dryRun, ...globals }, (options) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const plan = yield* InitProject.planUninstall(options.agent)
      yield* showDiffs(plan.changes)
      if (options.dryRun)
        return yield* output.result({ dryRun: true, changes: plan.changes.map(changeView) }, () => [
          ...plan.refused.map(({ message }) => message),
          "Nothing was changed."
        ])
      if (!(yield* agreed(plan.changes, options.yes))) return yield* output.note("Nothing was changed.")
      const { refused, ...report } = yield* InitProject.uninstall(plan)
      yield* output.result(report, () =>
        report.hooks.length === 0
          ? refused.length > 0
            ? []
            : ["There are no hooks of Nexus here."]
          : [
              ...report.hooks.map(
                (hook) =>
                  `Removed the hooks of ${hook.agent} from ${hook.file}${hook.restored ? ", which is again what it was" : ""}`
              ),
              "The log was kept."
            ]
      )
      if (refused.length > 0) return yield* new InitProject.HooksLeft({ files: refused })
    })
  )
).pipe(Command.withDescription("Take the hooks out of this repository again; the log stays"))

const changeView = ({ agent: name, file, diff }: SettingsChange) => ({ agent: name, file, diff })

const showDiffs = (changes: ReadonlyArray<SettingsChange>) =>
  Effect.gen(function* () {
    const output = yield* Output
    for (const { diff, beside } of changes) {
      if (diff !== "") yield* output.note(diff.trimEnd())
      if (beside !== undefined)
        yield* output.note(`With ${beside.folder}: ${beside.seeds.map(({ path }) => path).join(", ")}`)
    }
  })

/** Asked only of a person at a terminal: a script has said what it wants by running the command. */
const agreed = (changes: ReadonlyArray<SettingsChange>, sure: boolean) =>
  Effect.gen(function* () {
    const { interactive, json } = yield* Output
    if (sure || json || !interactive || !changes.some(({ changed }) => changed)) return true
    return yield* Prompt.confirm({ message: "Write this?", initial: true })
  })
