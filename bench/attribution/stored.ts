/**
 * How much the log grows with an edit: with all that Claude Code delivers of it (three events, two payloads, their receipts),
 * and with the edit alone (its event, its content, its lines). Read models and indexes count in both.
 */
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { ingest } from "../../src/app/Ingest.ts"
import * as Live from "../../src/cli/Live.ts"
import { firstDamaged } from "../../src/events/Blobs.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as Home from "../../src/events/Home.ts"
import * as Spool from "../../src/events/Spool.ts"
import type { Bench } from "../Bench.ts"
import { absolute, type Result } from "../Result.ts"
import { type Edit, record } from "./Record.ts"
import { type Repository, repositoryIn } from "./Repository.ts"
import { changed, numbers, spot, textOf, writer } from "./Text.ts"

const path = "src/main.ts"
const session = "5f0c3a52-9a53-4a4e-9c55-0d6b5f8f4a11"
/** Edits of one turn: they wait in the spool until the agent stops. */
const turn = 20
const target = 1536

export const names = { whole: "stored bytes per edit", alone: "stored bytes per edit, the edit alone" }

export const stored = async (bench: Bench): Promise<ReadonlyArray<Result>> => {
  const whole = await delivered(bench)
  const alone = await bare(bench)
  return [
    absolute(names.whole, "bytes", whole, target, whole <= target),
    absolute(names.alone, "bytes", alone, target, alone <= target)
  ]
}

/** Tables and indexes have their first pages, and the file its names, before what is measured. */
const sizes = (bench: Bench) => ({ first: 100, count: bench.quick ? 200 : 1000 })

/** A file of 500 lines in a repository, and its next edit: three lines in the place of three. */
const filed = (bench: Bench) => {
  const repository = repositoryIn(bench.folder())
  const write = writer("claude")
  const random = numbers(4)
  let lines = writer("ada")(500)
  repository.add([{ time: Date.now(), files: new Map([[path, textOf(lines)]]) }])
  const next = () => {
    const before = lines
    const place = spot(before, random, 3)
    lines = changed(before, place, write(3))
    return { before, after: lines, place }
  }
  return { repository, home: Home.at(repository.home), next }
}

const bare = async (bench: Bench): Promise<number> => {
  const { first, count } = sizes(bench)
  const { repository, home, next } = filed(bench)
  const edits = (amount: number): ReadonlyArray<Edit> =>
    Array.from({ length: amount }, () => {
      const { before, after } = next()
      return { path, before: textOf(before), after: textOf(after), session, model, time: Date.now() }
    })
  await record(repository, Date.now(), edits(first))
  const before = size(home.log)
  await record(repository, Date.now(), edits(count))
  requireRecorded(home.log, first + count)
  return (size(home.log) - before) / count
}

const delivered = async (bench: Bench): Promise<number> => {
  const { first, count } = sizes(bench)
  const { repository, home, next } = filed(bench)
  const edits = (amount: number, from: number) =>
    Effect.gen(function* () {
      const spool = Spool.make(home.spool)
      const deliver = (payload: unknown) => spool.deliver("claude", Buffer.from(JSON.stringify(payload)))
      if (from === 0)
        yield* deliver({ ...common(repository), hook_event_name: "SessionStart", source: "startup", model })
      for (let number = from; number < from + amount; number++) {
        const { before, after, place } = next()
        writeFileSync(join(repository.path, path), textOf(after))
        for (const payload of payloads(repository, number, before, after, place.at)) yield* deliver(payload)
        if (number % turn === turn - 1) yield* ingest()
      }
      const { recorded, rejected } = yield* ingest()
      const damaged = firstDamaged((yield* EventLog).database)
      if (damaged !== undefined || rejected > 0) throw new Error(`${JSON.stringify(damaged)}, ${rejected} rejected`)
      return recorded
    }).pipe(Effect.provide(Live.live(home)), Effect.runPromise)

  await edits(first, 0)
  const before = size(home.log)
  await edits(count, first)
  requireRecorded(home.log, first + count)
  return (size(home.log) - before) / count
}

/** Of the log alone, with nothing waiting beside it. */
const size = (log: string): number => {
  const sqlite = new Sqlite(log)
  sqlite.pragma("wal_checkpoint(TRUNCATE)")
  sqlite.close()
  return statSync(log).size
}

const requireRecorded = (log: string, edits: number): void => {
  const sqlite = new Sqlite(log, { readonly: true })
  const known = sqlite.prepare("SELECT count(*) FROM line_changes WHERE hunks IS NOT NULL").pluck().get()
  sqlite.close()
  if (known !== edits) throw new Error(`${String(known)} edits are known by their lines, not ${edits}`)
}

const model = "claude-opus-4-5"

const common = ({ path: cwd, user }: Repository) => ({
  session_id: session,
  transcript_path: join(user, `.claude/projects/-project/${session}.jsonl`),
  cwd
})

/** What 2.1.330 sends before and after an Edit that puts three lines in the place of three. */
const payloads = (
  repository: Repository,
  number: number,
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>,
  at: number
): ReadonlyArray<unknown> => {
  const file = join(repository.path, path)
  // With the line above, so that it is found once.
  const from = Math.max(0, at - 1)
  const [old_string, new_string] = [before, after].map((lines) => lines.slice(from, at + 3).join("\n"))
  const call = {
    ...common(repository),
    prompt_id: "2f402be5-36b7-4339-b0f2-742309d4b578",
    permission_mode: "bypassPermissions",
    effort: { level: "medium" },
    tool_name: "Edit",
    tool_input: { file_path: file, old_string, new_string, replace_all: false },
    tool_use_id: `toolu_01${String(number).padStart(22, "0")}`
  }
  const [start, end] = [Math.max(0, at - 3), Math.min(before.length, at + 6)]
  const patch = {
    oldStart: start + 1,
    oldLines: end - start,
    newStart: start + 1,
    newLines: end - start,
    lines: [
      ...before.slice(start, at).map((line) => ` ${line}`),
      ...before.slice(at, at + 3).map((line) => `-${line}`),
      ...after.slice(at, at + 3).map((line) => `+${line}`),
      ...before.slice(at + 3, end).map((line) => ` ${line}`)
    ]
  }
  const tool_response = {
    filePath: file,
    oldString: old_string,
    newString: new_string,
    originalFile: textOf(before),
    structuredPatch: [patch],
    userModified: false,
    replaceAll: false
  }
  return [
    { ...call, hook_event_name: "PreToolUse" },
    { ...call, hook_event_name: "PostToolUse", tool_response, duration_ms: 6 }
  ]
}
