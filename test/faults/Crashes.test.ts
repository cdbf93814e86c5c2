/**
 * Processes are killed while they record: 60 that append, 40 that ingest, 24 hooks. What was acknowledged is in the log,
 * once, and nothing is half done. (76 more are killed in UpkeepCrashes.test.ts.)
 */
import { readdirSync, utimesSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { at } from "../../src/events/Home.ts"
import * as Spool from "../../src/events/Spool.ts"
import { program } from "../support/cli.ts"
import { scratch } from "../support/log.ts"
import { start, startProgram } from "../support/processes.ts"
import { crash, seed } from "./crashing.ts"
import { callOf, randomFrom, soundLog } from "./invariants.ts"
import { callsOf, hasKey } from "./programs/commands.ts"
import { deliverer, drain, factsOf, payloadAt, perSession, reference, sessionOf, soundHome } from "./recorded.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

const minutes = 60_000

describe("a process that is killed", () => {
  it(
    "while it appends loses nothing that was acknowledged, and records nothing twice",
    { timeout: 5 * minutes },
    async () => {
      using folder = scratch()
      const path = join(folder.path, "nexus.db")
      const acknowledged = new Map<number, string>()
      /** Commands without a key that nobody knows the fate of, and which of them are in the log. */
      const absent = new Set<number>()
      let next = 0
      await crash("append", {
        kills: 60,
        start: () => startProgram("append", [path, String(Math.max(0, next - 6)), String(next)], cache.path),
        counts: (line) => line.endsWith("false"),
        reach: 10,
        verify: async (steps) => {
          for (const step of steps) {
            const [number = "", first, last, repeated] = step.split(" ")
            const earlier = acknowledged.get(Number(number))
            if (earlier !== undefined) expect([step, repeated]).toEqual([`${earlier} true`, "true"])
            acknowledged.set(Number(number), `${number} ${first} ${last}`)
            next = Math.max(next, Number(number) + 1)
          }
          const calls = (await soundLog(path)).map(callOf)
          // The command that was under way: whole or not at all.
          const known = Array.from({ length: next }, (_, number) => number).filter((number) => !absent.has(number))
          const before = known.flatMap(callsOf)
          const under = calls.slice(before.length)
          expect(calls.slice(0, before.length)).toEqual(before)
          if (under.length > 0) expect(under).toEqual(callsOf(next))
          if (!hasKey(next)) {
            if (under.length === 0) absent.add(next)
            next += 1
          }
        }
      })
      expect(acknowledged.size).toBeGreaterThan(60)
    }
  )

  it("while it ingests leaves each payload in the spool or in the log, once", { timeout: 5 * minutes }, async () => {
    using folder = scratch()
    const home = at(join(folder.path, "home"))
    const facts = await reference()
    const deliver = deliverer(home)
    const delivered: Array<string> = []
    const more = async (count: number) => {
      for (let index = 0; index < count; index++) delivered.push(await deliver(payloadAt(delivered.length)))
    }
    const sessions = () => Array.from({ length: Math.ceil(delivered.length / perSession) }, (_, session) => session)
    const verify = async () => {
      const events = await soundHome(home)
      const waiting = new Set((await Effect.runPromise(Spool.make(home.spool).list)).map(({ name }) => name))
      for (const session of sessions()) {
        const found = factsOf(events, sessionOf(session * perSession))
        let recorded = 0
        const expected: Array<string> = []
        while (recorded < perSession && expected.length < found.length) {
          expected.push(...(facts[recorded++] ?? []))
        }
        expect(found).toEqual(expected)
        const names = delivered.slice(session * perSession, (session + 1) * perSession)
        expect(names.slice(recorded).filter((name) => !waiting.has(name))).toEqual([])
      }
    }
    await crash("ingest", {
      kills: 40,
      start: () => startProgram("ingest", [home.path, "loop"], cache.path),
      beside: async (stopped) => {
        for (let count = 0; count < 12 && !stopped(); count++) {
          await more(1)
          await pause(1)
        }
      },
      verify
    })
    await more(perSession - (delivered.length % perSession))
    await drain(home)
    expect(readdirSync(join(home.spool, "new"))).toEqual([])
    expect(readdirSync(join(home.spool, "rejected"))).toEqual([])
    const events = await soundHome(home)
    for (const session of sessions()) expect(factsOf(events, sessionOf(session * perSession))).toEqual(facts.flat())
  })

  it(
    "while it is a hook leaves its payload recorded once when it had returned, at most once otherwise",
    { timeout: 5 * minutes },
    async () => {
      using folder = scratch()
      const home = at(join(folder.path, "home"))
      const random = randomFrom(seed)
      const returned: Array<string> = []
      let killed = 0
      const hook = (number: number) =>
        start(process.execPath, [program, "--home", home.path, "hook", "claude"], {
          env: { XDG_CACHE_HOME: cache.path },
          stdin: JSON.stringify({
            session_id: `hook-${number % 3}`,
            cwd: "/nowhere",
            hook_event_name: "Notification",
            notification_type: "idle_prompt",
            message: `message ${number}`
          })
        })
      // How long one takes, with the code compiled.
      let takes = 0
      for (const number of [-2, -1]) {
        const began = performance.now()
        expect(await hook(number).ended).toMatchObject({ exit: 0, stdout: "", stderr: "" })
        takes = performance.now() - began
      }
      for (let number = 0; killed < 24; number++) {
        await using running = hook(number)
        await Promise.race([running.ended, pause(random() * 1.2 * takes)])
        await running.kill()
        const ended = await running.ended
        if (ended.killed) killed += 1
        else if (ended.stderr === "") returned.push(`message ${number}`)
        await soundHome(home)
      }
      // What a killed writer left unfinished is judged like any other delivery, after a minute.
      const unfinished = readdirSync(join(home.spool, "tmp"))
      for (const name of unfinished) utimesSync(join(home.spool, "tmp", name), 1, 1)
      await drain(home)
      expect(readdirSync(join(home.spool, "tmp"))).toEqual([])
      expect(readdirSync(join(home.spool, "new"))).toEqual([])
      const rejected = readdirSync(join(home.spool, "rejected")).filter((name) => !name.endsWith(".reason"))
      expect(rejected.filter((name) => !unfinished.includes(name))).toEqual([])
      const messages = (await soundHome(home)).flatMap((event) =>
        event.type === "NotificationShown" ? [event.payload.message ?? ""] : []
      )
      expect(messages).toEqual([...new Set(messages)])
      expect(
        returned.filter((message) => !messages.includes(message)),
        `NEXUS_TEST_SEED=${seed}`
      ).toEqual([])
    }
  )
})
