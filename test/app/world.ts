/** A home, repositories and the use cases on real parts, in a folder of its own: what tests of `src/app/` stand on. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ingest } from "../../src/app/Ingest.ts"
import { Nexus } from "../../src/app/Nexus.ts"
import * as Live from "../../src/cli/Live.ts"
import type { RecordedEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as Home from "../../src/events/Home.ts"
import * as Spool from "../../src/events/Spool.ts"
import { scratch } from "../support/log.ts"

const recording = join(import.meta.dirname, "../../demo/claude")

type Services = Layer.Layer.Success<ReturnType<typeof Live.live>>

export const world = () => {
  const folder = scratch()
  const root = realpathSync(folder.path)
  const home = Home.at(join(root, "nexus"))
  const spool = Spool.make(home.spool)

  /** Runs a use case as a command given in `cwd`. The log is opened for it and closed after it. */
  const run = <A, E>(program: Effect.Effect<A, E, Services>, cwd = root): Promise<A> =>
    Effect.runPromise(
      program.pipe(
        Effect.provide(
          Layer.mergeAll(
            Live.log(home),
            Live.outside,
            Layer.succeed(Nexus, {
              version: "0.0.0",
              home,
              user: "ada",
              cwd,
              agents: Live.agents,
              platform: process.platform,
              person: { path: [join(root, "bin")], home: join(root, "person") },
              program: { node: "/usr/bin/node", nexus: "/opt/nexus/nexus.js" }
            })
          )
        )
      )
    )

  const deliver = (payload: unknown, agent = "claude", waits?: "waits"): string =>
    Effect.runSync(
      spool.deliver(agent, Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)), waits)
    )

  /** What is recorded, in order. */
  const events = (): Promise<ReadonlyArray<RecordedEvent>> =>
    run(Effect.flatMap(EventLog, (log) => log.page({}, 1_000_000)))

  return {
    root,
    home,
    run,
    deliver,
    events,
    ingest: (live?: string) => run(ingest(live)),
    /** Delivers and records. */
    record: (...payloads: ReadonlyArray<unknown>) => {
      for (const payload of payloads) deliver(payload)
      return run(ingest())
    },
    ofType: async <Type extends RecordedEvent["type"]>(type: Type) =>
      (await events()).filter((event): event is Extract<RecordedEvent, { readonly type: Type }> => event.type === type),
    rejected: () => Effect.runSync(spool.rejected),
    waiting: () => Effect.runSync(spool.list),
    /** A stored content by its hash, as it was stored. */
    blob: (hash: string | undefined) =>
      run(Effect.flatMap(EventLog, (log) => log.blobs.get(hash ?? ""))).then((content) => content?.toString("utf8")),
    /** Every stored content. */
    blobs: () =>
      run(
        Effect.gen(function* () {
          const log = yield* EventLog
          const hashes = log.database.prepare("SELECT hash FROM blobs").pluck().all() as ReadonlyArray<string>
          return yield* Effect.forEach(hashes, (hash) => Effect.map(log.blobs.get(hash), (content) => String(content)))
        })
      ),
    put: (path: string, content: string | Buffer): string => {
      const file = join(root, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
      return file
    },
    folder: (name: string): string => {
      mkdirSync(join(root, name), { recursive: true })
      return join(root, name)
    },
    [Symbol.dispose]: folder[Symbol.dispose]
  }
}

export type World = ReturnType<typeof world>

/** git as nobody in particular, with no configuration but its own. */
export const git = (cwd: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false", ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@localhost",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@localhost",
      GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
      GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z"
    }
  }).trim()

/** A repository with one commit: the same one for the same `message`. */
export const repository = (folder: string, message = folder): string => {
  mkdirSync(folder, { recursive: true })
  git(folder, "init", "--quiet", "--initial-branch=main")
  git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
  return folder
}

export const session = "d9eba1f9-7d0d-495f-8f60-c00b575c9506"

/** The recorded session's payloads in order of delivery, as sent from `project`; its transcripts are put in place. */
export const recordedSession = (at: World, project: string): ReadonlyArray<Record<string, any>> => {
  const stage = (file: string) =>
    readFileSync(join(recording, "session", file), "utf8")
      .replaceAll("/home/dev/project", JSON.stringify(project).slice(1, -1))
      .replaceAll("/home/dev/", `${JSON.stringify(at.root).slice(1, -1)}/user/`)
  const names = readdirSync(join(recording, "session"))
    .filter((name) => /^\d+\./.test(name))
    .sort()
  const payloads = names.map((name) => JSON.parse(stage(name)) as Record<string, any>)
  const transcript = String(payloads[0]?.["transcript_path"])
  const subagents = join(transcript.replace(/\.jsonl$/, ""), "subagents")
  mkdirSync(subagents, { recursive: true })
  writeFileSync(transcript, stage("transcript.jsonl"))
  for (const name of readdirSync(join(recording, "session/subagents")))
    writeFileSync(join(subagents, name), stage(`subagents/${name}`))
  return payloads
}

/** A payload of Claude Code, with what every one of them has. */
export const payload = (event: string, fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  session_id: "s-1",
  cwd: "/nowhere",
  hook_event_name: event,
  ...fields
})

let calls = 0

/** A finished call of the Write tool. */
export const written = (file: string, content: string, fields: Record<string, unknown> = {}) =>
  payload("PostToolUse", {
    tool_name: "Write",
    tool_use_id: `toolu_${++calls}`,
    tool_input: { file_path: file, content },
    tool_response: { type: "create", filePath: file, content, structuredPatch: [], originalFile: null },
    ...fields
  })
