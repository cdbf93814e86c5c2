/**
 * Makes, checkpoints, restores and deletes the workspace `feat`, again and again, and says what it has done. Arguments: the home;
 * the repository; the number of the operation to begin with; the backend.
 */
import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import * as GitWorktrees from "../../../src/adapters/git/GitWorktrees.ts"
import * as ProcessBackend from "../../../src/adapters/process/ProcessBackend.ts"
import * as Ssh2 from "../../../src/adapters/ssh/Ssh2.ts"
import * as SyncPartsLive from "../../../src/adapters/sync/SyncPartsLive.ts"
import * as StoredTrees from "../../../src/adapters/trees/StoredTrees.ts"
import { Backends } from "../../../src/app/ports/Backend.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { list } from "../../../src/app/workspaces/Find.ts"
import { remove } from "../../../src/app/workspaces/Life.ts"
import { restoreCheckpoint } from "../../../src/app/workspaces/RestoreCheckpoint.ts"
import { takeCheckpoint } from "../../../src/app/workspaces/TakeCheckpoint.ts"
import * as Live from "../../../src/cli/Live.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { at } from "../../../src/events/Home.ts"
import { args, numberArg, say } from "./child.ts"

const [path = "", repository = ""] = args
process.chdir(repository)
const home = at(path)
const silent = () => undefined

const isDocker = args[3] === "docker"
const spec = {
  backend: isDocker ? "docker" : "process",
  image: { kind: "base" as const },
  limits: {},
  services: [{ name: "web", port: 8080, protocol: "tcp" as const }],
  volumes: [],
  variables: {},
  network: "own" as const,
  nested: false
}

let edits = 0
const program = Effect.gen(function* () {
  yield* list(false)
  say("ready")
  for (let turn = numberArg(2); ; turn++) {
    const [listed] = yield* list(false)
    if (listed === undefined) {
      yield* create({ name: "feat", base: "HEAD", spec }, silent)
      say("create")
      continue
    }
    const { workspace, checkpoints } = listed
    const last = checkpoints.findLast(({ status }) => status === "completed")
    // Whole or not at all: this process is killed at any moment.
    const edited = join(home.path, `edited.${process.pid}`)
    writeFileSync(edited, `edit ${process.pid} ${++edits}\n`)
    renameSync(edited, join(workspace.folder, "a.txt"))
    if (turn % 3 === 0 || last === undefined) {
      yield* takeCheckpoint(workspace.id, { occasion: "asked", ignored: false })
      say("checkpoint")
    } else if (turn % 3 === 1) {
      writeFileSync(join(workspace.folder, `new-${edits}`), "new\n")
      yield* restoreCheckpoint("feat", last.id, silent)
      say("restore")
    } else {
      yield* remove("feat", { force: true })
      say("delete")
    }
  }
})

await Effect.runPromise(
  Effect.provide(
    program,
    Layer.mergeAll(
      Live.live(home),
      Layer.effect(
        Backends,
        Effect.map(EventLog, ({ device }) => ({
          all: [isDocker ? dockerBackend(device) : ProcessBackend.make(home.workspaces)]
        }))
      ).pipe(Layer.provide(Live.log(home))),
      GitWorktrees.layer,
      Ssh2.layer(home.path),
      SyncPartsLive.layer,
      StoredTrees.layer(home.trees)
    )
  )
)
