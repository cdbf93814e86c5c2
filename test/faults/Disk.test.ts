/** A full disk and a read-only home: agents go on, people are told, and nothing that was recorded is harmed. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { jsonLines, lines, newWorld, program, type Ran, type World } from "../support/cli.ts"
import { type Place, type Way, waysToFill, waysToProtect } from "./places.ts"

const minutes = 60_000

describe.each([
  ...waysToFill.map((way) => ({ ...way, what: "full" })),
  ...waysToProtect.map((way) => ({ ...way, what: "read-only" }))
])("a home that is $what ($name)", (way) => {
  it("never makes an agent fail, and says in one line what is wrong", { timeout: 2 * minutes }, async () => {
    using world = newWorld()
    await using place = await prepared(world, way)
    await place.spoil()
    for (const ran of [
      await script(world, place, 100, ""),
      await script(world, place, 101, "ack"),
      await hook(world, place, 102)
    ]) {
      expect(ran).toMatchObject({ exit: 0, stdout: "" })
      expect(lines(ran.stderr)).toHaveLength(1)
      expect(ran.stderr).toMatch(/^nexus: .*(kept|recorded|in the log)/)
    }
  })

  it("is named by every command in one line, with exit code 1", { timeout: 2 * minutes }, async () => {
    using world = newWorld()
    await using place = await prepared(world, way)
    await place.spoil()
    for (const command of ["status", "events", "verify", "doctor"]) {
      const told = await nexus(place, [command])
      expect({ command, ...told }).toMatchObject({ command, exit: 1, stdout: "" })
      expect(lines(told.stderr)).toHaveLength(1)
      expect(told.stderr).toMatch(/^nexus: .*(space|disk|read-only|permission)/i)
    }
    const { exit, stdout, stderr } = await nexus(place, ["status", "--json"])
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" })
    const { error } = JSON.parse(stderr) as { error: Record<string, unknown> }
    expect(Object.keys(error)).toEqual(["code", "message", "hint"])
    expect(error).toEqual({
      code: expect.stringMatching(/^[a-z_]+$/),
      message: expect.stringMatching(/./),
      hint: expect.any(String)
    })
    expect(error["code"]).not.toBe("defect")
  })

  it("keeps what was acknowledged before, and goes on when it is well again", { timeout: 2 * minutes }, async () => {
    using world = newWorld()
    await using place = await prepared(world, way)
    const before = jsonLines(await nexus(place, ["events", "--json"]))
    await place.spoil()
    for (let number = 200; number < 203; number++) await script(world, place, number, "ack")
    await hook(world, place, 203)
    await nexus(place, ["status"])
    await place.mend()
    const after = jsonLines(await nexus(place, ["events", "--json"]))
    expect(after.slice(0, before.length)).toEqual(before)
    expect(await nexus(place, ["verify"])).toMatchObject({ exit: 0 })
    expect(await script(world, place, 300, "ack")).toEqual({ exit: 0, stdout: "", stderr: "" })
    expect(await script(world, place, 301, "")).toEqual({ exit: 0, stdout: "", stderr: "" })
    const messages = jsonLines(await nexus(place, ["events", "--json"])).map(
      ({ payload }) => payload?.message as unknown
    )
    expect(messages.filter((message) => message === "message 300" || message === "message 301")).toEqual([
      "message 300",
      "message 301"
    ])
    expect(await nexus(place, ["verify"])).toMatchObject({ exit: 0 })
    expect(await nexus(place, ["projections", "check"])).toMatchObject({ exit: 0 })
    expect(await nexus(place, ["status"])).toMatchObject({ exit: 0, stderr: "" })
  })
})

const nexus = (place: Place, args: ReadonlyArray<string>): Promise<Ran> =>
  place.run([process.execPath, program, "--home", place.home, ...args])

const payload = (number: number): string =>
  JSON.stringify({
    session_id: "one",
    cwd: "/nowhere",
    hook_event_name: "Notification",
    notification_type: "idle_prompt",
    message: `message ${number}`
  })

/** The script that `init` installed. */
const script = (world: World, place: Place, number: number, how: "" | "ack"): Promise<Ran> =>
  place.run([join(place.home, "bin/nexus-hook"), "claude", ...(how === "" ? [] : [how])], {
    cwd: world.root,
    stdin: payload(number)
  })

const hook = (world: World, place: Place, number: number): Promise<Ran> =>
  place.run([process.execPath, program, "--home", place.home, "hook", "claude"], {
    cwd: world.root,
    stdin: payload(number)
  })

/** A home with hooks installed and a few events, all acknowledged. */
const prepared = async (world: World, way: Way): Promise<Place> => {
  const place = await way.open(world)
  const project = world.repository()
  expect(
    await place.run([process.execPath, program, "--home", place.home, "init", "--yes"], { cwd: project })
  ).toMatchObject({ exit: 0 })
  for (let number = 0; number < 3; number++) {
    expect(await script(world, place, number, "ack")).toEqual({ exit: 0, stdout: "", stderr: "" })
  }
  return place
}
