/** `nexus config`: what is configured, by whom, and changes of it. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as ChangeConfig from "../../app/config/ChangeConfig.ts"
import { configSchema } from "../../app/config/JsonSchema.ts"
import type { Origin } from "../../app/config/Layers.ts"
import * as ShowConfig from "../../app/config/ShowConfig.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { withoutLog } from "../withoutLog.ts"

const key = Args.text({ name: "KEY" }).pipe(Args.withDescription("Such as capture.prompts"))
const overrides = Options.text("set").pipe(
  Options.withDescription("KEY=VALUE, as if it were configured; may be repeated"),
  Options.repeated
)
const user = Options.boolean("user").pipe(Options.withDescription("In the user's file, for all projects"))
const project = Options.boolean("project").pipe(
  Options.withDescription("In the project's file; default where there is a project")
)
const dryRun = Options.boolean("dry-run").pipe(Options.withDescription("Show what would change, and change nothing"))

/** A text bare, everything else as JSON. */
const bare = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

const originText = ({ origin, line }: Pick<ShowConfig.Shown, "origin" | "line">): string => {
  if ("file" in origin) return line === undefined ? origin.file : `${origin.file}:${line}`
  if (origin.kind === "environment") return origin.variable
  return origin.kind === "option" ? "--set" : "default"
}

const view = ({ key, value, origin, line, description }: ShowConfig.Shown) => ({
  key,
  value,
  origin: originView(origin, line),
  description
})

const originView = (origin: Origin, line: number | undefined) => ({
  kind: origin.kind,
  file: "file" in origin ? origin.file : null,
  line: line ?? null,
  variable: origin.kind === "environment" ? origin.variable : null
})

const get = Command.make("get", { key, overrides, ...globals }, (given) =>
  withoutLog(
    Effect.gen(function* () {
      const output = yield* Output
      const found = yield* ShowConfig.find(given.key, given.overrides)
      yield* output.result(view(found), () => [bare(found.value)])
    })
  )
).pipe(Command.withDescription("Print what one setting is; --json: and who says so"))

const show = Command.make("show", { overrides, ...globals }, (given) =>
  withoutLog(
    Effect.gen(function* () {
      const output = yield* Output
      const all = yield* ShowConfig.shown(given.overrides)
      yield* output.result({ items: all.map(view) }, () =>
        table(
          ["setting", "value", "from"],
          all.map((one) => [one.key, bare(one.value), originText(one)]),
          output.style
        )
      )
    })
  )
).pipe(Command.withDescription("Show all settings, and who says so"))

const placeOf = (given: { readonly user: boolean; readonly project: boolean }) => {
  if (given.user && given.project) return new UsageWrong({ message: "--user and --project: only one of them." })
  return Effect.succeed(given.user ? ("user" as const) : given.project ? ("project" as const) : undefined)
}

const carriedOut = (plan: ChangeConfig.Change, isDryRun: boolean) =>
  Effect.gen(function* () {
    const output = yield* Output
    if (!isDryRun) yield* ChangeConfig.write(plan)
    const { key, file, before, after, changed, diff } = plan
    const was = before === undefined ? "it was not set there" : `it was ${bare(before)}`
    const now = after === undefined ? "not set" : bare(after)
    yield* output.result({ key, file, before: before ?? null, after: after ?? null, changed, dryRun: isDryRun }, () => {
      if (!changed) return [`${key} is ${now} in ${file} already.`]
      return isDryRun ? [diff.trimEnd(), "Nothing was changed."] : [`${key} is ${now} in ${file}; ${was}.`]
    })
    if (isDryRun || !changed) return
    const holding = yield* ShowConfig.shown([]).pipe(Effect.option)
    const one = holding._tag === "Some" ? holding.value.find((shown) => shown.key === key) : undefined
    if (one !== undefined && "file" in one.origin && one.origin.file === file) return
    if (one !== undefined && one.origin.kind !== "default")
      yield* output.note(`Here it is ${bare(one.value)}, which ${originText(one)} says.`)
  })

const set = Command.make(
  "set",
  {
    key,
    value: Args.text({ name: "VALUE" }).pipe(Args.withDescription("A text, or JSON; lists also with commas")),
    user,
    project,
    dryRun,
    ...globals
  },
  (given) =>
    withoutLog(
      Effect.gen(function* () {
        const place = yield* placeOf(given)
        yield* carriedOut(yield* ChangeConfig.planSet(given.key, given.value, place), given.dryRun)
      })
    )
).pipe(Command.withDescription("Set one setting in a file, and leave the rest of it as it is"))

const unset = Command.make("unset", { key, user, project, dryRun, ...globals }, (given) =>
  withoutLog(
    Effect.gen(function* () {
      const place = yield* placeOf(given)
      yield* carriedOut(yield* ChangeConfig.planUnset(given.key, place), given.dryRun)
    })
  )
).pipe(Command.withDescription("Take one setting out of a file"))

const path = Command.make("path", { ...globals }, () =>
  withoutLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { user, project } = yield* ShowConfig.paths
      const shown = (name: string, one: { readonly file: string; readonly exists: boolean }) =>
        `${name}  ${one.file}${one.exists ? "" : "  (not there)"}`
      yield* output.result({ user, project }, () => [
        shown("user   ", user),
        project === null ? "project  (not in a repository)" : shown("project", project)
      ])
    })
  )
).pipe(Command.withDescription("Print where the files are"))

const schema = Command.make("schema", { ...globals }, () =>
  Effect.flatMap(Output, (output) => output.line(JSON.stringify(configSchema(), null, 2)))
).pipe(Command.withDescription("Print the JSON Schema of the files"))

export const configCommand = Command.make("config").pipe(
  Command.withSubcommands([get, show, set, unset, path, schema]),
  Command.withDescription("See and change what is configured")
)
