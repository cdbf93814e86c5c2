/** A system clock that jumps back and forth: the order of the log rests on other things. */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import Sqlite from "better-sqlite3"
import { afterAll, describe, expect, it } from "vitest"
import { json, jsonLines, newWorld } from "../support/cli.ts"
import { scratch } from "../support/log.ts"
import { startProgram } from "../support/processes.ts"
import { callOf, soundLog } from "./invariants.ts"
import { callsOf } from "./programs/commands.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

const minutes = 60_000
const hour = 3_600_000
const year = 365 * 24 * hour

/** A program whose clock jumps; the real one is what this process has. */
const startJumping = (name: string, args: ReadonlyArray<string>, jumps: ReadonlyArray<number>) =>
  startProgram(name, args, cache.path, {
    flags: ["--import", join(import.meta.dirname, "programs/jumping.ts")],
    env: { NEXUS_TEST_JUMPS: jumps.join(",") }
  })

describe("a clock that jumps", () => {
  it("changes neither the order of the log nor what it can prove", { timeout: 2 * minutes }, async () => {
    using world = newWorld()
    const path = join(world.home, "nexus.db")
    const each = 120
    // Two writers that do not even agree with each other; one is at times before 1970.
    const writers = [
      startJumping("writer", [path, "0", String(each)], [0, -2 * hour, 24 * hour, -60 * year, 1]),
      startJumping("writer", [path, "2", String(each)], [-hour, hour, 30 * year, -20 * year])
    ]
    await using _all = {
      [Symbol.asyncDispose]: () => Promise.all(writers.map((one) => one.kill())).then(() => undefined)
    }
    await Promise.all(writers.map((one) => one.printed(1)))
    for (const { child } of writers) child.stdin?.write("go\n")
    const ended = await Promise.all(writers.map(({ ended }) => ended))
    expect(ended.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(ended.map(() => ({ exit: 0, stderr: "" })))

    const events = await soundLog(path)
    expect(events).toHaveLength(2 * each)
    const times = events.map(({ time }) => time)
    expect(times.some((time, index) => time < (times[index - 1] ?? time) - hour)).toBe(true)
    expect(times.some((time, index) => time > (times[index - 1] ?? time) + hour)).toBe(true)
    for (const writer of ["writer0", "writer2"]) {
      const mine = events.map((event) => callOf(event) ?? "").filter((call) => call.startsWith(writer))
      expect(mine).toEqual(
        Array.from({ length: each }, (_, index) => `${writer}.${index}`).filter((_, index) => index % 4 !== 0)
      )
    }

    expect(json(await world.nexus(["verify", "--json"]))).toMatchObject({ ok: true, events: 2 * each })
    const listed = jsonLines(await world.nexus(["events", "--json"]))
    expect(listed.map(({ time }) => Date.parse(String(time)))).toEqual(times)
    const told = await world.nexus(["replay", "--verify", "--json"])
    expect(told).toMatchObject({ exit: 0, stderr: "" })
    // As of a moment: everything recorded up to the last event that had happened by then.
    const at = new Date(Date.now() - 30 * year).toISOString()
    const last = events.findLast(({ time }) => time <= Date.parse(at))?.position
    expect(json(await world.nexus(["replay", "--at", at, "--json"]))).toMatchObject({ until: last })
  })

  it.each([
    ["forward", [0, 0, 24 * hour]],
    ["back", [0, 0, -24 * hour]]
  ])(
    "%s while another process holds the log neither ends the waiting nor prolongs it",
    { timeout: minutes },
    async (_, jumps) => {
      using folder = scratch()
      const path = join(folder.path, "nexus.db")
      await using patient = startJumping("patient", [path], jumps)
      await patient.printed(1)
      const other = new Sqlite(path)
      try {
        other.exec("BEGIN IMMEDIATE")
        patient.child.stdin?.write("go\n")
        await patient.printed(2)
        // Long enough for many looks at the clock.
        await Promise.race([pause(500), patient.ended])
        other.exec("COMMIT")
      } finally {
        other.close()
      }
      await patient.printed(3)
      expect(await patient.ended).toMatchObject({ exit: 0, stderr: "" })
      expect((await soundLog(path)).map(callOf)).toEqual(callsOf(0))
    }
  )
})
