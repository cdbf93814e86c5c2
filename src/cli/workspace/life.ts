/** `nexus workspace list`, `show`, `start`, `stop`, `pause`, `resume`, `delete`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { companionsOf } from "../../app/workspaces/Companions.ts"
import { find, list } from "../../app/workspaces/Find.ts"
import * as Life from "../../app/workspaces/Life.ts"
import { look, repairAll } from "../../app/workspaces/Repair.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { locate } from "../../events/Home.ts"
import { globals } from "../Globals.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { companionView } from "./companionLines.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"
import { workspaceLines, workspaceTable, workspaceView } from "./workspaceLines.ts"

export const name = Args.text({ name: "NAME" }).pipe(Args.withDescription("A workspace of this project, or its id"))

/** Prints a workspace as it is now. */
export const shown = (id: string) =>
  Effect.gen(function* () {
    const output = yield* Output
    const listed = yield* find(id)
    yield* output.result(workspaceView(listed), () => workspaceLines(listed, output))
  })

export const listCommand = Command.make(
  "list",
  { all: Options.boolean("all").pipe(Options.withDescription("Of all projects")), ...globals },
  ({ all }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const items = yield* list(all)
        yield* output.result({ items: items.map(workspaceView) }, () =>
          items.length === 0
            ? ["No workspaces yet. Make one: nexus workspace create feat-x"]
            : workspaceTable(items, output)
        )
      })
    )
).pipe(Command.withDescription("List the workspaces; needs no engine"))

/** Only for one with services beside it is the engine asked. */
export const showCommand = Command.make("show", { name, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const listed = yield* find(given.name)
      const beside = yield* besideOf(listed.workspace)
      yield* output.result({ ...workspaceView(listed), services: beside.companions.map(companionView) }, () => [
        ...workspaceLines(listed, output, beside.companions),
        ...(beside.why === undefined ? [] : [`How its services are can't be told: ${beside.why}`])
      ])
    })
  )
).pipe(Command.withDescription("Show one workspace; needs no engine"))

const besideOf = (workspace: Workspace) =>
  workspace.spec.compose === undefined
    ? Effect.succeed({ companions: [], why: undefined })
    : Effect.gen(function* () {
        const { home } = yield* Invocation
        const { layer } = yield* Effect.promise(() => import("./LiveWorkspaces.ts"))
        return yield* Effect.provide(companionsOf(workspace), layer(locate(home, process.env)))
      })

export const startCommand = Command.make("start", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      yield* shown((yield* Life.start(given.name, yield* say)).id)
    })
  )
).pipe(Command.withDescription("Start a workspace that is stopped"))

export const stopCommand = Command.make("stop", { name, ...globals }, (given) =>
  withWorkspaces(Effect.flatMap(Life.stop(given.name), ({ id }) => shown(id)))
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
        const { workspace, checkpoint } = yield* Life.remove(given.name, given)
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
