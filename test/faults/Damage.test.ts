/** Bytes of the log that were flipped on the disk: it is said, agents go on, and a restored backup takes up what they did. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, lines, newWorld, type Ran, type World } from "../support/cli.ts"
import { scratch } from "../support/log.ts"
import { startProgram } from "../support/processes.ts"

const minutes = 60_000
const pageSize = 4096

let world: World
/** A home as it was before the damage, and a backup of it. */
let sound: string
let backup: string
let known: ReadonlyArray<any>

beforeAll(async () => {
  world = newWorld()
  backup = join(world.root, "backup.db")
  await world.nexus(["init", "--yes"], { cwd: world.repository() })
  for (let number = 0; number < 300; number++) keep(world.home, number)
  known = jsonLines(await world.nexus(["events", "--json"]))
  json(await world.nexus(["backup", backup, "--json"]))
  sound = join(world.root, "sound")
  cpSync(world.home, sound, { recursive: true })
}, 2 * minutes)

afterAll(() => world[Symbol.dispose]())

describe("a log whose bytes were flipped", () => {
  it.each([
    ["in its header", (bytes: Buffer) => flip(bytes, 0, 16)],
    ["in the page of its schema", (bytes: Buffer) => flip(bytes, 100, 8)],
    ["in the page of its last events", (bytes: Buffer) => flip(bytes, pageOf(bytes, "message 299"), 8)],
    ["in every page of its middle", (bytes: Buffer) => flipMiddle(bytes)]
  ])(
    "%s is refused in one line, and its hooks wait for the backup",
    { timeout: 2 * minutes },
    async (where, damage) => {
      const home = join(world.root, where.replaceAll(" ", "-"))
      cpSync(sound, home, { recursive: true })
      const file = join(home, "nexus.db")
      const bytes = readFileSync(file)
      damage(bytes)
      writeFileSync(file, bytes)

      const before = readFileSync(file)
      for (const command of [["events", "--json"], ["verify"], ["replay"]]) {
        const ran = await world.nexus(["--home", home, ...command])
        expect({ command, ...ran }).toMatchObject({
          command,
          exit: expect.toSatisfy((exit) => exit === 5 || exit === 1)
        })
        expectOneLine(ran)
      }
      // What was kept by the script, and what came to the program itself.
      keep(home, 1000)
      const acknowledged = await world.sh(`"$HOOK" claude ack`, { stdin: payload(1001), env: { HOOK: hookOf(home) } })
      const direct = await world.nexus(["--home", home, "hook", "claude"], { stdin: payload(1002) })
      for (const ran of [acknowledged, direct]) {
        expect(ran).toMatchObject({ exit: 0, stdout: "" })
        expectOneLine(ran)
      }
      expect(readdirSync(join(home, "spool/new"))).toHaveLength(3)
      expect(readFileSync(file).equals(before), "a damaged log is left as it is").toBe(true)

      const restored = json(await world.nexus(["--home", home, "restore", backup, "--json"]))
      expect(restored).toMatchObject({ events: known.length, kept: expect.stringContaining(home) })
      expect(existsSync(String(restored.kept))).toBe(true)
      await expectWhole(home, ["message 1000", "message 1001", "message 1002"])
    }
  )

  it(
    "in its WAL still holds together, and a hook is in the log or in the spool",
    { timeout: 2 * minutes },
    async () => {
      using cache = scratch()
      const home = join(world.root, "wal")
      cpSync(sound, home, { recursive: true })
      const file = join(home, "nexus.db")
      // A writer that is killed leaves what it wrote in the WAL.
      await using writer = startProgram("append", [file, "0", "0"], cache.path)
      await writer.printed(30)
      await writer.kill()
      const wal = readFileSync(`${file}-wal`)
      flip(wal, Math.floor(wal.length / 2), 64)
      writeFileSync(`${file}-wal`, wal)

      const hook = await world.nexus(["--home", home, "hook", "claude"], { stdin: payload(1000) })
      expect(hook).toMatchObject({ exit: 0, stdout: "" })
      const verified = await world.nexus(["--home", home, "verify"])
      expect([0, 1, 5]).toContain(verified.exit)
      if (verified.exit !== 0) expectOneLine(verified)
      else {
        const events = jsonLines(await world.nexus(["--home", home, "events", "--json"]))
        expect(events.slice(0, known.length)).toEqual(known)
      }
      // Whatever had become of it: what the hook delivered is never lost, nor there twice.
      const waits = readdirSync(join(home, "spool/new")).length
      const listed = verified.exit === 0 ? messagesOf(await world.nexus(["--home", home, "events", "--json"])) : []
      expect(waits + listed.filter((message) => message === "message 1000").length).toBe(1)
      json(await world.nexus(["--home", home, "restore", backup, "--json"]))
      await expectWhole(home, waits === 1 ? ["message 1000"] : [])
    }
  )
})

const payload = (number: number): string =>
  JSON.stringify({
    session_id: "one",
    cwd: "/nowhere",
    hook_event_name: "Notification",
    notification_type: "idle_prompt",
    message: `message ${number}`
  })

const hookOf = (home: string): string => {
  // The script knows the home that it was installed into; this one is a copy of that.
  const script = join(home, "bin/nexus-hook")
  writeFileSync(script, readFileSync(script, "utf8").replace(/^home=.*$/m, `home='${home}'`))
  return script
}

/** As the script keeps a payload; cheaper than 300 processes. */
const keep = (home: string, number: number): void =>
  writeFileSync(join(home, "spool/new", `claude.0.${number + 1}.1`), payload(number))

const flip = (bytes: Buffer, from: number, count: number): void => {
  for (let index = from; index < from + count; index++) bytes[index] = (bytes[index] ?? 0) ^ 0xff
}

/** Where the page begins that holds a text. */
const pageOf = (bytes: Buffer, text: string): number => {
  const found = bytes.indexOf(`"message":"${text}"`)
  if (found < 0) throw new Error(`${text} is nowhere`)
  return Math.floor(found / pageSize) * pageSize
}

const flipMiddle = (bytes: Buffer): void => {
  const pages = bytes.length / pageSize
  for (let page = Math.floor(pages / 4); page < (pages * 3) / 4; page++) flip(bytes, page * pageSize, 100)
}

const expectOneLine = ({ stderr }: Ran): void => {
  expect(lines(stderr)).toHaveLength(1)
  expect(stderr).toMatch(/^(nexus: |\{"error":\{"code":"log_)/)
  expect(stderr).not.toMatch(/made a mistake|undefined|\bat .*:\d+:\d+/)
}

const messagesOf = (ran: Ran): ReadonlyArray<string> =>
  jsonLines(ran).flatMap(({ payload }) => (typeof payload?.message === "string" ? [String(payload.message)] : []))

/** The restored history, what waited in the spool after it, and nothing else. */
const expectWhole = async (home: string, waited: ReadonlyArray<string>): Promise<void> => {
  const ran = await world.nexus(["--home", home, "events", "--json"])
  expect(jsonLines(ran).slice(0, known.length)).toEqual(known)
  expect(messagesOf(ran).slice(300)).toEqual(waited)
  expect(readdirSync(join(home, "spool/new"))).toEqual([])
  expect(readdirSync(join(home, "spool/rejected"))).toEqual([])
  expect(await world.nexus(["--home", home, "verify"])).toMatchObject({ exit: 0 })
  expect(await world.nexus(["--home", home, "projections", "check"])).toMatchObject({ exit: 0 })
}
