/** `nexus workspace start`, `stop`, `pause`, `resume`, `delete`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { find, list } from "../../app/workspaces/Find.ts"
import * as Life from "../../app/workspaces/Life.ts"
import { look, repairAll } from "../../app/workspaces/Repair.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { name, shown, shownWhenMade } from "./show.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

export const startCommand = Command.make("start", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      yield* shownWhenMade(given.name, Life.start(given.name, yield* say))
    })
  )
).pipe(Command.withDescription("Start a workspace that is stopped"))

export const stopCommand = Command.make("stop", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      yield* shown((yield* Life.stop(given.name, "asked", yield* say)).id)
    })
  )
).pipe(Command.withDescription("Stop a workspace: its programs end, its files stay"))

export const pauseCommand = Command.make("pause", { name, ...globals }, (given) =>
  withWorkspaces(Effect.flatMap(Life.pause(given.name), ({ id }) => shown(id)))
).pipe(Command.withDescription("Hold a workspace's programs where they are"))

export const resumeCommand = Command.make("resume", { name, ...globals }, (given) =>
  withWorkspaces(Effect.flatMap(Life.resume(given.name), ({ id }) => shown(id)))
).pipe(Command.withDescription("Let a paused workspace go on"))

export const deleteCommand = Command.make(
  "delete",
  {
    name,
    force: Options.boolean("force").pipe(
      Options.withDescription("Also with work that is nowhere else; a checkpoint of it is taken first")
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const { workspace, checkpoint } = yield* Life.remove(given.name, given, yield* say)
        const { id, name: deleted } = workspace
        yield* output.result({ id, name: deleted, status: "deleted", checkpoint: checkpoint ?? null }, () => [
          `${deleted} is deleted.`,
          ...(checkpoint === undefined
            ? []
            : [`What it held is in ${checkpoint}: nexus workspace checkpoint fork ${deleted} ${checkpoint} NEW`])
        ])
      })
    )
).pipe(Command.withDescription("Delete a workspace; refuses to lose work that is nowhere else"))

export const repairCommand = Command.make(
  "repair",
  {
    name: Args.text({ name: "NAME" }).pipe(
      Args.withDescription("A workspace of this project; default: all of them"),
      Args.optional
    ),
    dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Only say what differs")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const listed = Option.isSome(given.name) ? [yield* find(given.name.value)] : yield* list(false)
        const found = given.dryRun
          ? (yield* Effect.forEach(listed, (one) =>
              Effect.map(look(one), (drifts) =>
                drifts.map((drift) => ({ ...drift, workspace: one.workspace.name, healed: undefined }))
              )
            )).flat()
          : yield* repairAll(listed, yield* say)
        yield* output.result(
          {
            items: found.map(({ workspace, kind, detail, healed, cure }) => ({
              workspace,
              kind,
              detail,
              healed: healed ?? null,
              cure
            }))
          },
          () =>
            found.length === 0
              ? ["Everything is as the record has it."]
              : found.map(
                  ({ workspace, kind, detail, healed }) =>
                    `${workspace}: ${detail} (${kind})${healed === undefined ? "" : `: ${healed}`}`
                )
        )
      })
    )
).pipe(Command.withDescription("Compare workspaces with the record, and put right what differs"))
