/** `nexus workspace sync`: the files of a workspace that has its own. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Sync from "../../app/workspaces/sync/SyncCommands.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { name } from "./show.ts"
import { conflictLines, conflictsView, flushLines, statusLines, statusView } from "./syncLines.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const statusCommand = Command.make("status", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const found = yield* Sync.status(given.name)
      yield* output.result(statusView(found), () => statusLines(found))
    })
  )
).pipe(Command.withDescription("Whether both sides are the same, what is not and why"))

const pauseCommand = Command.make("pause", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const workspace = yield* Sync.pause(given.name)
      yield* output.result({ workspace: workspace.name, paused: true }, () => [
        `The files of ${workspace.name} are not synced until: nexus workspace sync resume ${workspace.name}`
      ])
    })
  )
).pipe(Command.withDescription("Sync nothing until it is resumed"))

const resumeCommand = Command.make(
  "resume",
  {
    name,
    adopt: Options.boolean("adopt").pipe(
      Options.withDescription("These are the right folders: begin anew, and delete nothing on either side")
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const workspace = yield* Sync.resume(given.name, given, yield* say)
        yield* output.result({ workspace: workspace.name, paused: false, adopted: given.adopt }, () => [
          `The files of ${workspace.name} are synced again${given.adopt ? ", from both sides as they are" : ""}.`
        ])
      })
    )
).pipe(Command.withDescription("Go on after a pause; with --adopt also where it stands still"))

const flushCommand = Command.make(
  "flush",
  {
    name,
    force: Options.boolean("force").pipe(
      Options.withDescription("Also where much is gone on one side: it is deleted on the other, too")
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const flushed = yield* Sync.flush(given.name, given, yield* say)
        const { workspace, ...rest } = flushed
        yield* output.result({ workspace: workspace.name, ...rest }, () => flushLines(flushed))
      })
    )
).pipe(Command.withDescription("Make both sides the same now, and say what it took"))

const conflictsCommand = Command.make("conflicts", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const found = yield* Sync.conflicts(given.name)
      yield* output.result(conflictsView(found), () => conflictLines(found))
    })
  )
).pipe(Command.withDescription("Files that were changed on both sides, and where both versions are"))

/** It runs in `syncWatch.ts`, without this command line. */
const watchCommand = Command.make(
  "watch",
  {
    name,
    every: Options.text("every").pipe(
      Options.withDescription("How far full scans are apart; default: 10s"),
      Options.optional
    ),
    ...globals
  },
  () => Effect.void
).pipe(Command.withDescription("Sync for as long as the workspace runs; Nexus starts it by itself"))

export const syncCommand = Command.make("sync").pipe(
  Command.withSubcommands([statusCommand, pauseCommand, resumeCommand, flushCommand, conflictsCommand, watchCommand]),
  Command.withDescription("Keep the files of a workspace that has its own the same as the worktree's")
)
