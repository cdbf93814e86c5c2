/** Many processes at once. Nothing is lost, nothing is there twice, and nobody fails. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { ClaudeAgent } from "../../src/adapters/agents/claude/ClaudeAgent.ts"
import { at } from "../../src/events/Home.ts"
import * as Spool from "../../src/events/Spool.ts"
import { jsonLines, newWorld } from "../support/cli.ts"
import { scratch } from "../support/log.ts"
import { startProgram } from "../support/processes.ts"
import { callOf, soundLog } from "./invariants.ts"
import { deliverer, factsOf, payloadAt, perSession, reference, sessionOf, soundHome } from "./recorded.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

const minutes = 60_000

describe("many processes", () => {
  it("append to one log at once without an error, a loss or a repetition", { timeout: 5 * minutes }, async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const each = 400
    await using writers = startAll(8, (writer) =>
      startProgram("writer", [path, String(writer), String(each)], cache.path)
    )
    await Promise.all(writers.all.map((writer) => writer.printed(1)))
    for (const { child } of writers.all) child.stdin?.write("go\n")
    const ended = await Promise.all(writers.all.map(({ ended }) => ended))
    expect(ended.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(ended.map(() => ({ exit: 0, stderr: "" })))
    const calls = (await soundLog(path)).map((event) => callOf(event) ?? "")
    const indexes = Array.from({ length: each }, (_, index) => index)
    const own = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((writer) =>
      indexes.filter((index) => index % 4 !== 0).map((index) => `writer${writer}.${index}`)
    )
    // A key that two of them use is one command: one of the two is told that it is recorded already.
    const keyed = [0, 1, 2, 3].flatMap((pair) =>
      indexes.filter((index) => index % 4 === 0).map((index) => `pair${pair}.${index}`)
    )
    expect(calls.toSorted()).toEqual([...own, ...keyed].toSorted())
    const repeated = writers.all.reduce((sum, { lines }) => sum + Number(lines.at(-1)?.split(" ")[1]), 0)
    expect(repeated).toBe(keyed.length)
    // What one process appended is in its own order.
    for (let writer = 0; writer < 8; writer++) {
      const mine = calls.filter((call) => call.startsWith(`writer${writer}.`)).map((call) => Number(call.split(".")[1]))
      expect(mine).toEqual(mine.toSorted((a, b) => a - b))
    }
  })

  it(
    "ingest one full spool at once, and each payload is recorded once and in order",
    { timeout: 5 * minutes },
    async () => {
      using folder = scratch()
      const home = at(join(folder.path, "home"))
      const facts = (await reference()).flat()
      const deliver = deliverer(home)
      const sessions = [0, 1, 2, 3, 4, 5, 6]
      for (let index = 0; index < sessions.length * perSession; index++) await deliver(payloadAt(index))
      await using ingesters = startAll(6, () => startProgram("ingest", [home.path, "once"], cache.path))
      const ended = await Promise.all(ingesters.all.map(({ ended }) => ended))
      expect(ended.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(ended.map(() => ({ exit: 0, stderr: "" })))
      const events = await soundHome(home)
      for (const session of sessions) expect(factsOf(events, sessionOf(session * perSession))).toEqual(facts)
      for (const folder of ["tmp", "new", "rejected"]) expect(readdirSync(join(home.spool, folder))).toEqual([])
      const recorded = ingesters.all.flatMap(({ lines }) => lines.slice(1)).map((line) => Number(line.split(" ")[0]))
      expect(recorded.reduce((sum, count) => sum + count, 0)).toBe(sessions.length * perSession)
    }
  )

  it(
    "deliver 24 hooks at once through the installed script, and each is recorded once",
    { timeout: 5 * minutes },
    async () => {
      using world = newWorld()
      const project = world.repository()
      expect(await world.nexus(["init", "--yes"], { cwd: project })).toMatchObject({ exit: 0 })
      const settings = readFileSync(join(project, ".claude/settings.local.json"), "utf8")
      const payloads = Array.from({ length: 24 }, (_, index) => ({
        session_id: `session-${index % 3}`,
        cwd: project,
        transcript_path: join(world.user, "none.jsonl"),
        // The script acknowledges what a shell does at once, and only keeps what a reader does.
        hook_event_name: "PreToolUse",
        tool_name: index % 2 === 0 ? "Bash" : "Read",
        tool_input: index % 2 === 0 ? { command: `echo ${index}` } : { file_path: join(project, `${index}.txt`) },
        tool_use_id: `call-${index}`
      }))
      const commands = payloads.map((payload) => ClaudeAgent.settings.commandsFor(settings, payload))
      expect(commands.map((some) => some.map((command) => command.endsWith(" ack")))).toEqual(
        payloads.map((_, index) => [index % 2 === 0])
      )
      const ran = await Promise.all(
        commands.map(([command = ""], index) =>
          world.sh(command, { cwd: project, stdin: `${JSON.stringify(payloads[index])}\n` })
        )
      )
      expect(ran).toEqual(ran.map(() => ({ exit: 0, stdout: "", stderr: "" })))
      const events = jsonLines(await world.nexus(["events", "--json"]))
      const calls = events.filter(({ type }) => type === "ToolStarted").map(({ payload }) => String(payload.call))
      expect(calls.toSorted()).toEqual(payloads.map(({ tool_use_id: call }) => call).toSorted())
      expect(events.map(({ position }) => Number(position))).toEqual(events.map((_, index) => index + 1))
      expect(await world.nexus(["verify"])).toMatchObject({ exit: 0 })
      expect(await world.nexus(["projections", "check"])).toMatchObject({ exit: 0 })
    }
  )
})

describe("two spools of one process", () => {
  it("never give two deliveries one name", async () => {
    using folder = scratch()
    const deliveries = Array.from({ length: 50 }, (_, index) =>
      Effect.runPromise(Spool.make(folder.path).deliver("claude", Buffer.from(String(index))))
    )
    const names = await Promise.all(deliveries)
    expect(new Set(names).size).toBe(50)
    const kept = names.map((name) => Number(readFileSync(join(folder.path, "new", name), "utf8")))
    expect(kept).toEqual(names.map((_, index) => index))
  })
})

/** So many children, all of which are gone afterwards. */
const startAll = (count: number, start: (number: number) => ReturnType<typeof startProgram>) => {
  const all = Array.from({ length: count }, (_, number) => start(number))
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()))
    }
  }
}
