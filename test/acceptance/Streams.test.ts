/** Standard output as others use it: piped, closed early, followed, interrupted, without colours. */
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { finished, fixture, json, jsonLines, lines, newWorld, program, type World } from "../support/cli.ts"

let world: World
let project: string

const prompt = (session: string) =>
  world.nexus(["hook", "claude"], {
    stdin: JSON.stringify(fixture("claude/UserPromptSubmit", { cwd: project, session_id: session, prompt_id: session }))
  })

beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  json(await world.nexus(["init", "--json"], { cwd: project }))
  for (const session of ["first", "second"]) await prompt(session)
})
afterAll(() => world[Symbol.dispose]())

const commands = [
  ["--help"],
  ["events", "--help"],
  ["status"],
  ["doctor"],
  ["sessions"],
  ["session", "show", "first"],
  ["events"],
  ["replay", "--verify"],
  ["verify"],
  ["projections", "list"],
  ["projections", "check"],
  ["init", "--dry-run"],
  ["uninstall", "--dry-run"],
  ["frobnicate"],
  ["session", "show", "nobody"],
  ["completions", "bash"]
]

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/

describe("output that goes to no terminal", () => {
  for (const args of commands) {
    it(`has no colours and no other control characters: nexus ${args.join(" ")}`, async () => {
      const env = { TERM: "xterm-256color", COLORTERM: "truecolor" }
      const { stdout, stderr } = await world.nexus(args, { cwd: project, env })
      expect(stdout + stderr).not.toMatch(control)
    })
  }

  it("has no colours against NO_COLOR, whatever else is asked for", async () => {
    for (const args of [["--help"], ["doctor"], ["replay", "--verify"]]) {
      const { stdout } = await world.nexus(args, { cwd: project, env: { NO_COLOR: "1", TERM: "xterm-256color" } })
      expect(stdout).not.toMatch(control)
    }
  })
})

describe("a pipe that is closed early", () => {
  it("ends the command quietly", async () => {
    for (const args of ["events", "events --json", "replay", "--help", "sessions --json", "completions bash"]) {
      const ran = await world.run("bash", [
        "-c",
        `"$0" "$1" ${args} | head -n 1; exit "\${PIPESTATUS[0]}"`,
        process.execPath,
        program
      ])
      expect([args, ran.exit, ran.stderr]).toEqual([args, 0, ""])
      expect(lines(ran.stdout).length).toBeLessThanOrEqual(1)
    }
  })

  it("ends it quietly too when nobody reads anything at all", async () => {
    for (const args of [["events"], ["replay", "--json"], ["events", "--follow"], ["--help"], ["--version"]]) {
      const child = world.start(args, { cwd: project })
      child.stdout?.destroy()
      const ran = await finished(child)
      expect([args, ran.exit, ran.stderr]).toEqual([args, 0, ""])
    }
  })
})

/** The lines of a process that is still running, as they come. */
const reader = (child: ChildProcess) => {
  if (child.stdout === null) throw new Error("its output is not piped")
  const read = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async (): Promise<string> => String((await read.next()).value)
}

const exitOf = async (child: ChildProcess): Promise<number | null> =>
  child.exitCode ?? ((await once(child, "exit")) as [number | null])[0]

describe("nexus events --follow", () => {
  it("shows what another process appends, as one JSON object a line, until Ctrl-C", async () => {
    const { position } = jsonLines(await world.nexus(["events", "--json"])).at(-1)
    const child = world.start(["events", "--follow", "--after", String(position - 1), "--json"])
    const ended = finished(child)
    const next = reader(child)
    expect(JSON.parse(await next()).position).toBe(position)
    for (const session of ["third", "fourth"]) {
      await prompt(session)
      expect(JSON.parse(await next())).toMatchObject({ type: "SessionStarted", correlation: `claude:${session}` })
      expect(JSON.parse(await next())).toMatchObject({ type: "PromptSubmitted", correlation: `claude:${session}` })
    }
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ exit: 130, stderr: "" })
  })

  it("keeps to what was asked for, and ends by itself at its limit", async () => {
    const child = world.start([
      "events",
      "-f",
      "--type",
      "PromptSubmitted",
      "--session",
      "first",
      "--limit",
      "2",
      "--json"
    ])
    const next = reader(child)
    expect(JSON.parse(await next())).toMatchObject({ type: "PromptSubmitted", correlation: "claude:first" })
    await prompt("noise")
    await world.nexus(["hook", "claude"], {
      stdin: JSON.stringify(
        fixture("claude/UserPromptSubmit", { session_id: "first", prompt_id: "again", prompt: "again" })
      )
    })
    expect(JSON.parse(await next())).toMatchObject({ correlation: "claude:first", payload: { prompt: "again" } })
    expect(await exitOf(child)).toBe(0)
  })

  it("shows what a hook left in the spool, without anybody running another command", async () => {
    const child = world.start(["events", "--follow", "--session", "second", "--json"])
    const next = reader(child)
    expect(JSON.parse(await next())).toMatchObject({ type: "SessionStarted" })
    expect(JSON.parse(await next())).toMatchObject({ type: "PromptSubmitted" })
    const stdin = JSON.stringify(fixture("claude/Notification.idle_prompt", { session_id: "second" }))
    expect(await world.sh(`'${world.home}/bin/nexus-hook' claude`, { stdin })).toEqual({
      exit: 0,
      stdout: "",
      stderr: ""
    })
    expect(JSON.parse(await next())).toMatchObject({ type: "NotificationShown" })
    child.kill("SIGTERM")
    expect(await exitOf(child)).toBe(130)
  }, 20_000)
})

describe("Ctrl-C", () => {
  it("ends a replay that takes its time, at once and quietly", async () => {
    const child = world.start(["replay", "--speed", "0.0001"])
    const ended = finished(child)
    await once(child.stdout ?? child, "data")
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ exit: 130, stderr: "" })
  })
})
