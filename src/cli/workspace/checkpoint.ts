/** `nexus workspace checkpoint`. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exportCheckpoint, importCheckpoint } from "../../app/workspaces/CarryCheckpoint.ts"
import * as Checkpoints from "../../app/workspaces/Checkpoints.ts"
import { find } from "../../app/workspaces/Find.ts"
import { fork } from "../../app/workspaces/Fork.ts"
import { restoreCheckpoint } from "../../app/workspaces/RestoreCheckpoint.ts"
import { takeCheckpoint } from "../../app/workspaces/TakeCheckpoint.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { checkpointLines, checkpointTable, checkpointView, shownBytes } from "./checkpointLines.ts"
import { name, shown, shownWhenMade } from "./show.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const checkpoint = Args.text({ name: "CHECKPOINT" }).pipe(Args.withDescription("C-3, 3, or its name"))

const createCommand = Command.make(
  "create",
  {
    name,
    called: Options.text("name").pipe(Options.withDescription("What to call it"), Options.optional),
    message: Options.text("message").pipe(Options.withDescription("What it is, in a sentence"), Options.optional),
    ignored: Options.boolean("include-ignored").pipe(Options.withDescription("Also files that git ignores")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const { workspace } = yield* find(given.name)
        const id = yield* takeCheckpoint(workspace.id, {
          occasion: "asked",
          ignored: given.ignored,
          name: Option.getOrUndefined(given.called),
          message: Option.getOrUndefined(given.message)
        })
        const taken = (yield* Checkpoints.findCheckpoint(workspace.id, id)).checkpoint
        yield* output.result(checkpointView(taken), () => checkpointLines(taken, output))
      })
    )
).pipe(
  Command.withDescription("Keep files, git state, environment and volumes as they are now; programs are not in it")
)

const listCommand = Command.make(
  "list",
  {
    name,
    all: Options.boolean("all").pipe(Options.withDescription("Also what was never completed, or is deleted")),
    ...globals
  },
  (given) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const { checkpoints, workspace } = yield* Checkpoints.findEver(given.name)
        const items = given.all ? checkpoints : checkpoints.filter(({ status }) => status === "completed")
        yield* output.result({ items: items.map(checkpointView) }, () =>
          items.length === 0
            ? [`No checkpoints yet. Take one: nexus workspace checkpoint create ${workspace.name}`]
            : checkpointTable(items, output)
        )
      })
    )
).pipe(Command.withDescription("List a workspace's checkpoints; needs no engine"))

const showCommand = Command.make("show", { name, checkpoint, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const found = (yield* Checkpoints.findCheckpoint(given.name, given.checkpoint)).checkpoint
      yield* output.result(checkpointView(found), () => checkpointLines(found, output))
    })
  )
).pipe(Command.withDescription("Show what a checkpoint holds, and what it does not; needs no engine"))

const diffCommand = Command.make(
  "diff",
  {
    name,
    checkpoint,
    other: Args.text({ name: "OTHER" }).pipe(
      Args.withDescription("Another checkpoint; default: what is there now"),
      Args.optional
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const changes = yield* Checkpoints.diff(given.name, given.checkpoint, Option.getOrUndefined(given.other))
        yield* output.result({ items: changes }, () =>
          changes.length === 0
            ? ["The files are the same."]
            : changes.map(({ path, change }) => `${change.padEnd(8)} ${path}`)
        )
      })
    )
).pipe(Command.withDescription("Which files changed since a checkpoint, or between two"))

const restoreCommand = Command.make("restore", { name, checkpoint, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const restored = yield* restoreCheckpoint(given.name, given.checkpoint, yield* say)
      const { differences, undo } = restored
      yield* output.result({ ...restored, verified: differences.length === 0 }, () => [
        differences.length === 0
          ? `${restored.checkpoint} restored, verified.`
          : `${restored.checkpoint} restored, with ${differences.length} differences:`,
        ...differences.slice(0, 20).map((path) => `  ${path}`),
        `Undo: nexus workspace checkpoint restore ${given.name} ${undo}`
      ])
    })
  )
).pipe(Command.withDescription("Make a workspace what it was; how it is now is kept first"))

const forkCommand = Command.make(
  "fork",
  {
    name,
    checkpoint,
    newName: Args.text({ name: "NEW" }).pipe(Args.withDescription("The new workspace's name")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        yield* shownWhenMade(given.newName, fork(given.name, given.checkpoint, given.newName, yield* say))
      })
    )
).pipe(Command.withDescription("Make a new workspace that begins as another was at a checkpoint"))

const deleteCommand = Command.make("delete", { name, checkpoint, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const { checkpoint: deleted, freed } = yield* Checkpoints.remove(given.name, given.checkpoint)
      yield* output.result({ id: deleted.id, status: "deleted", freedBytes: freed }, () => [
        `${deleted.id} is deleted; ${shownBytes(freed)} freed. What it alone held goes within the hour.`
      ])
    })
  )
).pipe(Command.withDescription("Delete a checkpoint for good"))

const file = Args.text({ name: "FILE" })

const exportCommand = Command.make(
  "export",
  {
    name,
    checkpoint,
    file: file.pipe(Args.withDescription("The file to write; it must not be there yet")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const to = resolve(given.file)
        if (existsSync(to))
          return yield* new UsageWrong({ message: `${given.file} is there already. Choose another file.` })
        const { checkpoint: exported } = yield* exportCheckpoint(given.name, given.checkpoint, to)
        yield* output.result({ id: exported.id, file: to }, () => [
          `${exported.id} is in ${to}. It holds files of the workspace as they were: keep it as safe as these.`
        ])
      })
    )
).pipe(Command.withDescription("Write a checkpoint to one file, for another machine"))

const importCommand = Command.make(
  "import",
  {
    file: file.pipe(Args.withDescription("What nexus workspace checkpoint export wrote")),
    newName: Args.text({ name: "NEW" }).pipe(Args.withDescription("The new workspace's name")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        yield* shown((yield* importCheckpoint(resolve(given.file), given.newName, yield* say)).id)
      })
    )
).pipe(Command.withDescription("Make a new workspace of an exported checkpoint"))

export const checkpointCommand = Command.make("checkpoint").pipe(
  Command.withSubcommands([
    createCommand,
    listCommand,
    showCommand,
    diffCommand,
    restoreCommand,
    forkCommand,
    deleteCommand,
    exportCommand,
    importCommand
  ]),
  Command.withDescription("Keep a workspace as it is, and make it so again")
)
