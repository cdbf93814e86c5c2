/** A checkpoint as one file, for another machine: what it holds, and what there is to know of it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { hashesOf } from "../../domain/workspace/Checkpoint.ts"
import { CheckpointCompleted } from "../../domain/workspace/CheckpointEvents.ts"
import { CheckpointId } from "../../domain/workspace/Ids.ts"
import { Spec } from "../../domain/workspace/Spec.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import { TreeStore } from "../ports/TreeStore.ts"
import { findCheckpoint } from "./Checkpoints.ts"
import { createFrom } from "./Fork.ts"
import { record } from "./Operate.ts"
import type { Say } from "./StartWithPorts.ts"

/** One of the archives in such a file. */
const Manifest = Schema.Struct({
  nexus: Schema.Literal("checkpoint"),
  version: Schema.Literal(1),
  name: Schema.NullOr(Schema.String),
  message: Schema.NullOr(Schema.String),
  ignored: Schema.Boolean,
  spec: Spec,
  held: CheckpointCompleted
})

/** Writes the file, which must not be there yet. */
export const exportCheckpoint = (workspace: string, name: string, to: string) =>
  Effect.gen(function* () {
    const trees = yield* TreeStore
    const { home } = yield* Nexus
    const { listed, checkpoint } = yield* findCheckpoint(workspace, name)
    const { ignored, held, message } = checkpoint
    const manifest: typeof Manifest.Type = {
      nexus: "checkpoint",
      version: 1,
      name: checkpoint.name,
      message,
      ignored,
      spec: listed.workspace.spec,
      held
    }
    const file = join(home.workspaces, `.export-${process.pid}.json`)
    mkdirSync(home.workspaces, { recursive: true, mode: 0o700 })
    writeFileSync(file, JSON.stringify(manifest), { mode: 0o600 })
    const first = yield* trees.keepArchive(file).pipe(Effect.ensuring(Effect.sync(() => rmSync(file, { force: true }))))
    yield* trees.pack([first.hash, ...new Set(hashesOf(checkpoint))], to)
    return { listed, checkpoint }
  })

/** Makes a new workspace of such a file; everything in it is verified before. */
export const importCheckpoint = (from: string, newName: string, say: Say) =>
  Effect.gen(function* () {
    const trees = yield* TreeStore
    const { home } = yield* Nexus
    say("Reading and verifying")
    const hashes = yield* trees.unpack(from)
    const file = join(home.workspaces, `.import-${process.pid}.json`)
    mkdirSync(home.workspaces, { recursive: true, mode: 0o700 })
    const manifest = yield* Effect.gen(function* () {
      for (const hash of hashes) {
        // Trees are no archives.
        if (Either.isLeft(yield* Effect.either(trees.archive(hash, file)))) continue
        const read = Schema.decodeUnknownEither(Schema.parseJson(Manifest))(readFileSync(file, "utf8"))
        rmSync(file)
        if (Either.isRight(read)) return read.right
      }
      return yield* noCheckpoint(from)
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(file, { force: true }))))
    const { held, ignored, name, message } = manifest
    // What a file from elsewhere would have run here is not run.
    const { hooks = [], ...spec } = manifest.spec
    if (hooks.length > 0) say(`Leaving out its hooks: ${hooks.map((hook) => hook.name).join(", ")}`)
    const workspace = yield* createFrom({ spec, held, ignored }, newName, say)
    const checkpoint = CheckpointId.make("C-1")
    yield* record(workspace.id, () => [
      {
        type: "CheckpointIntended",
        payload: {
          workspace: workspace.id,
          checkpoint,
          occasion: "imported",
          ignored,
          ...(name === null ? {} : { name }),
          ...(message === null ? {} : { message })
        }
      },
      { type: "CheckpointCompleted", payload: { ...held, workspace: workspace.id, checkpoint } }
    ])
    return workspace
  })

const noCheckpoint = (file: string) =>
  new WorkspaceRefused({
    reason: `${file} holds no checkpoint.`,
    hint: "Make one: nexus workspace checkpoint export NAME CHECKPOINT FILE"
  })
