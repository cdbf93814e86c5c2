/** `nexus workspace diff`, `merge`, `promote`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Branch from "../../app/workspaces/Branch.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { name } from "./show.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

export const diffCommand = Command.make(
  "diff",
  {
    name,
    stat: Options.boolean("stat").pipe(Options.withDescription("Only how much in which file")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const { workspace, text } = yield* Branch.diff(given.name, given, yield* say)
        yield* output.result({ workspace: workspace.name, since: workspace.commit, diff: text }, () =>
          text === "" ? [] : [text.replace(/\n$/, "")]
        )
      })
    )
).pipe(Command.withDescription("What a workspace changed since its beginning, also what is not committed"))

export const mergeCommand = Command.make(
  "merge",
  {
    name,
    dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Only say what would become of it")),
    message: Options.text("message").pipe(
      Options.withDescription("Of the merge commit, where there has to be one"),
      Options.optional
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const message = Option.getOrUndefined(given.message)
        const merged = yield* Branch.merge(given.name, { dryRun: given.dryRun, message }, yield* say)
        const { workspace, branch, into, kind, commit, checkpoint, uncommitted } = merged
        if (uncommitted > 0)
          yield* output.note(`${uncommitted} files of ${workspace.name} are not committed, and so not merged.`)
        yield* output.result(
          { workspace: workspace.name, branch, into, outcome: kind, commit, checkpoint, uncommitted },
          () =>
            kind === "up-to-date"
              ? [`${into} has all of ${branch} already.`]
              : given.dryRun
                ? [`${branch} can be merged into ${into}: ${words[kind]}.`]
                : [
                    `${branch} is merged into ${into}: ${words[kind]}${commit === null ? "" : ` (${commit.slice(0, 12)})`}.`,
                    ...(checkpoint === null ? [] : [`How ${workspace.name} was is in ${checkpoint}.`])
                  ]
        )
      })
    )
).pipe(Command.withDescription("Merge what a workspace committed into the branch that you are on"))

const words = { "fast-forward": "its commits as they are", merged: "by a merge commit" } as const

export const promoteCommand = Command.make(
  "promote",
  {
    name,
    branch: Args.text({ name: "BRANCH" }).pipe(Args.withDescription("A name outside of nexus/")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const { name: promoted, branch } = yield* Branch.promote(given.name, given.branch)
        yield* output.result({ workspace: promoted, branch }, () => [
          `The branch of ${promoted} is ${branch} now; it stays when the workspace is deleted.`
        ])
      })
    )
).pipe(Command.withDescription("Give a workspace's branch a name of its own, for good"))
