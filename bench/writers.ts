/** Several processes that append to one log at once. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Live from "../src/cli/Live.ts"
import { EventLog } from "../src/events/EventLog.ts"
import * as Home from "../src/events/Home.ts"
import { verify } from "../src/events/Verify.ts"
import { Projections } from "../src/projections/Projections.ts"
import type { Bench } from "./Bench.ts"
import { absolute, type Result } from "./Result.ts"
import * as Workload from "./Workload.ts"

const writers = 8
const each = 2000
/** From here on `nexus doctor` says that something keeps the log from being tidied. */
const walTarget = 64

export const concurrentWriters = async (bench: Bench): Promise<ReadonlyArray<Result>> => {
  const folder = bench.folder()
  const home = Home.at(join(folder, "home"))
  mkdirSync(home.path, { mode: 0o700 })
  const workload = join(folder, "workload.json")
  Workload.save(bench.workload, workload)
  // Made once, so that the writers meet a log with its projections, as a user's second command does.
  await Effect.runPromise(Workload.storeContents(bench.workload).pipe(Effect.provide(Live.log(home))))

  const children = Array.from({ length: writers }, (_, index) => {
    const args = [bench.bundle("child"), "write", home.path, workload, `writer-${index}`, String(each)]
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    return { child, lines, closed: once(child, "close") as Promise<[number]> }
  })
  for (const { lines } of children) await lines.next()

  let walBytes = 0
  const watch = setInterval(() => {
    walBytes = Math.max(walBytes, statSync(`${home.log}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }, 5)
  const started = performance.now()
  for (const { child } of children) child.stdin.write("go\n")
  const ordered = await Promise.all(
    children.map(async ({ lines }) => {
      const { value } = await lines.next()
      return value !== undefined && (JSON.parse(value) as { ordered: boolean }).ordered
    })
  )
  const ms = performance.now() - started
  clearInterval(watch)
  const codes = await Promise.all(children.map(({ closed }) => closed))
  const walMb = walBytes / 1024 / 1024
  const whole = await Effect.runPromise(isWhole.pipe(Effect.provide(Live.log(home))))
  const met = whole && ordered.every(Boolean) && codes.every(([code]) => code === 0)
  return [
    absolute(`${writers} processes appending 2,000 each`, "events/s", (writers * each * 1000) / ms, null, met),
    absolute("peak WAL of the 8 processes", "MB", walMb, walTarget, walMb > 0 && walMb <= walTarget)
  ]
}

/** Nothing lost, nothing twice, no gap (`verify` counts positions, sequence numbers and versions), every projection in step. */
const isWhole = Effect.gen(function* () {
  const log = yield* EventLog
  const { ok, events } = yield* verify(log.database)
  const keys = log.database.prepare("SELECT count(DISTINCT key) FROM events").pluck().get()
  const status = yield* (yield* Projections).status
  return (
    ok &&
    events === writers * each &&
    keys === writers * each &&
    status.every(({ current, faults }) => current && faults === 0)
  )
})
