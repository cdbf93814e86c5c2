/**
 * A checkpoint: files, git state, environment, volumes and specification of a workspace at one moment, each named by its hash.
 * That it is intended is on disk before anything is kept; only once all of it is, it is completed.
 */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type Checkpoint, isLight, nextId, retention } from "../../domain/workspace/Checkpoint.ts"
import type { CheckpointCompleted, Occasion, Part } from "../../domain/workspace/CheckpointEvents.ts"
import { type WorkspaceId, workspaceStream } from "../../domain/workspace/Ids.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { hashOf } from "../../events/Blobs.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { Nexus } from "../Nexus.ts"
import { Secrets } from "../ports/Secrets.ts"
import { type Kept, TreeStore } from "../ports/TreeStore.ts"
import { Worktrees } from "../ports/Worktrees.ts"
import { retain, selection } from "./Checkpoints.ts"
import { cleanText } from "../RedactPayload.ts"
import { backendNamed } from "./Find.ts"
import { whileHeld } from "./Held.ts"
import { operate } from "./Operate.ts"
import { folderOf, siteOf } from "./Order.ts"
import { silent } from "./StartWithPorts.ts"
import { bringIfPossible, mustBeTogether } from "./sync/Bring.ts"

export interface Asked {
  readonly name?: string | undefined
  readonly message?: string | undefined
  readonly occasion: Occasion
  readonly ignored: boolean
  /** The files that are about to be restored over these. */
  readonly over?: string
  /** Afterwards it would not be of use any more, and becomes none; milliseconds since 1970. */
  readonly until?: number
}

/** Nobody takes so many of one workspace. */
const most = 1_000_000

/** Takes one, and answers it. Fails with WorkspaceRefused for a name that another of its checkpoints has. */
export const takeCheckpoint = (id: WorkspaceId, asked: Asked) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { home } = yield* Nexus
    const trees = yield* TreeStore
    const worktrees = yield* Worktrees
    const listed = Rows.byId(log.database, id)
    if (listed === undefined) return yield* Effect.dieMessage(`${id} was never requested`)
    const { workspace, checkpoints } = listed
    const { redact } = yield* Secrets
    const clean = (text: string | undefined) => (text === undefined ? undefined : cleanText(text, redact).text)
    const [name, message] = [clean(asked.name), clean(asked.message)]
    const { occasion, ignored, over, until } = asked
    const light = isLight(asked)
    if (name !== undefined && checkpoints.some((one) => one.name === name && one.status === "completed"))
      return yield* new WorkspaceRefused({
        reason: `${workspace.name} has a checkpoint ${JSON.stringify(name)} already.`,
        hint: "Choose another name, or delete that one first."
      })
    const backend = yield* backendNamed(workspace.spec.backend)
    const site = siteOf(home.workspaces, workspace, backend)
    if (light) yield* bringIfPossible(workspace, backend, silent)
    else yield* mustBeTogether(workspace, backend)
    const checkpoint = nextId(checkpoints)
    const last = checkpoints.findLast(({ status }) => status === "completed")
    const aside = join(folderOf(home.workspaces, workspace), checkpoint)
    const began = Date.now()
    const { spec, ports, branch, base } = workspace
    const specification = yield* log.blobs.prepare(Buffer.from(JSON.stringify({ spec, ports, branch, base })))
    let completed: CheckpointCompleted | undefined
    yield* operate(id, {
      operation: "checkpoint",
      first: (_, transaction) => {
        // Counted anew: another process may have begun one meanwhile.
        const begun = transaction.page({ stream: workspaceStream(id), types: ["CheckpointIntended"] }, most)
        if (begun.length !== checkpoints.length)
          throw new WorkspaceRefused({
            reason: `Another checkpoint of ${workspace.name} was begun at this moment.`,
            hint: "Try again."
          })
        return [
          {
            type: "CheckpointIntended",
            payload: {
              workspace: id,
              checkpoint,
              occasion,
              ignored,
              ...(name === undefined ? {} : { name }),
              ...(message === undefined ? {} : { message })
            }
          }
        ]
      },
      steps: [
        {
          kind: "checkpoint",
          act: () =>
            Effect.gen(function* () {
              mkdirSync(aside, { recursive: true, mode: 0o700 })
              const gitDirectory = yield* worktrees.gitDirectoryOf(site)
              const keeping = Effect.all({
                files: trees.keepFiles(workspace.folder, {
                  ...selection(ignored),
                  ...(over === undefined ? {} : { over })
                }),
                git: trees.keepGit(gitDirectory),
                environment: light ? Effect.succeed(undefined) : backend.keepEnvironment(id, aside),
                volumes: light ? Effect.succeed([]) : backend.keepVolumes(id, aside)
              })
              // Nobody asked for it, so nobody's programs are held for it.
              const [pausedMs, kept] = yield* light
                ? Effect.map(keeping, (kept) => [0, kept] as const)
                : whileHeld(backend, id, keeping)
              if (until !== undefined && Date.now() > until)
                return yield* new WorkspaceRefused({
                  reason: "it took too long, and what it was for was not held up any longer.",
                  hint: `Take one now: nexus workspace checkpoint create ${workspace.name}`
                })
              const environment =
                kept.environment === undefined
                  ? excluded(
                      light
                        ? "it was taken without being asked for: files and git state alone"
                        : backend.isolates
                          ? "nothing differs from the image"
                          : "this backend has no environment of its own"
                    )
                  : partOf(
                      yield* trees.keepArchive(kept.environment.file, kept.environment),
                      last,
                      (held) => held.environment
                    )
              const volumes = yield* Effect.forEach(kept.volumes, ({ volume, file, hash, bytes }) =>
                Effect.map(trees.keepArchive(file, { hash, bytes }), (archive) => ({
                  name: volume,
                  part: partOf(archive, last, (held) => held.volumes.find((one) => one.name === volume)?.part)
                }))
              )
              const parts = {
                files: partOf(kept.files, last, (held) => held.files),
                git: partOf(kept.git, last, (held) => held.git),
                environment,
                volumes: spec.nested ? [...volumes, nestedVolume] : volumes
              }
              const { branch: branchCommit, inside } = yield* worktrees.inspect(site, workspace.commit)
              completed = {
                workspace: id,
                checkpoint,
                ...parts,
                specification: specification.hash,
                ...(kept.environment === undefined ? {} : { base: kept.environment.image }),
                commit: inside?.commit ?? branchCommit,
                position: (yield* log.head).position,
                pausedMs,
                durationMs: Date.now() - began,
                hash: hashOf(Buffer.from(JSON.stringify(hashesOf(parts))))
              }
            }).pipe(Effect.ensuring(Effect.sync(() => rmSync(aside, { recursive: true, force: true }))))
        }
      ],
      outcome: () => (completed === undefined ? [] : [{ type: "CheckpointCompleted", payload: completed }]),
      failed: (reason) => [{ type: "CheckpointAbandoned", payload: { workspace: id, checkpoint, reason } }],
      blobs: [specification]
    })
    // Nobody asked for those: there are not to be ever more of them.
    if (occasion !== "asked") yield* retain(id, retention)
    return checkpoint
  })

const excluded = (why: string): Part => ({ held: "excluded", why })

/** What a nested engine keeps would have to be read while it is at work, and is made again from what it was made of. */
const nestedVolume = {
  name: "nested engine",
  part: excluded("its images and containers are its own: build or load them again")
}

type Content = Pick<Kept, "hash" | "bytes" | "addedBytes"> & Partial<Pick<Kept, "files" | "leftOut">>

/** Unchanged, when the last checkpoint has the same; what that one calls unchanged too was included by one before. */
const partOf = (
  { hash, bytes, addedBytes, files, leftOut = [] }: Content,
  last: Checkpoint | undefined,
  of: (held: CheckpointCompleted) => Part | undefined
): Part => {
  const before = last?.held === null || last === undefined ? undefined : of(last.held)
  if (last !== undefined && before !== undefined && before.held !== "excluded" && before.hash === hash)
    return { held: "unchanged", hash, since: before.held === "unchanged" ? before.since : last.id }
  return {
    held: "included",
    hash,
    bytes,
    addedBytes,
    ...(files === undefined ? {} : { files }),
    ...(leftOut.length === 0 ? {} : { leftOut: { count: leftOut.length, some: leftOut.slice(0, 20) } })
  }
}

const hashesOf = ({
  files,
  git,
  environment,
  volumes
}: Pick<CheckpointCompleted, "environment" | "files" | "git" | "volumes">) =>
  [
    ["files", files] as const,
    ["git", git] as const,
    ["environment", environment] as const,
    ...volumes.map(({ name, part }) => [name, part] as const)
  ].map(([name, part]) => [name, part.held === "excluded" ? null : part.hash])
