import { execFileSync, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { text } from "node:stream/consumers"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Escape } from "../../../src/adapters/ssh/Escape.ts"
import { quoteAll } from "../../../src/adapters/ssh/RemoteScript.ts"
import { withAgent } from "./agent.ts"
import { type Stage, stage } from "./stage.ts"

let at: Stage
beforeAll(async () => {
  at = await stage()
})
afterAll(() => at[Symbol.asyncDispose]())

const program = join(import.meta.dirname, "programs/shell.ts")

/** The program at a real terminal, that of script(1), or with pipes in place of one. */
const open = (options: object, own: Stage = at, isTerminal = true) => {
  const report = join(own.home, `report-${randomUUID()}`)
  const asked = JSON.stringify({ home: own.home, destination: own.destination(), report, ...options })
  const words = [process.execPath, program, asked]
  const child = isTerminal
    ? spawn("script", ["-qefc", quoteAll(words), "/dev/null"], {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, SHELL: "/bin/sh" }
      })
    : spawn(words[0] ?? "", words.slice(1), { stdio: ["pipe", "pipe", "pipe"] })
  let seen = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    seen += chunk
  })
  const errors = text(child.stderr)
  const ended = once(child, "close")
  return {
    child,
    type: (keys: string) => child.stdin.write(keys),
    /** Waits until the screen has this. */
    shows: async (what: string | RegExp) => {
      while (typeof what === "string" ? !seen.includes(what) : !what.test(seen)) {
        await Promise.race([
          once(child.stdout, "data"),
          ended.then(async () => {
            throw new Error(`it ended; the screen: ${seen}; errors: ${await errors}`)
          })
        ])
      }
      return seen
    },
    report: async (): Promise<unknown> => {
      child.stdin.end()
      await ended
      return JSON.parse(readFileSync(report, "utf8"))
    },
    screen: () => seen,
    /** Of the program, whose standard input is the terminal. */
    pid: () =>
      execFileSync("pgrep", ["-f", `^${process.execPath} ${program}.*${basename(report)}`], {
        encoding: "utf8"
      }).trim(),
    errors
  }
}

const right = (exit: number) => ({ exit, raw: false })

describe("a shell over SSH at a terminal", () => {
  it("has a terminal of that kind, takes keys, and gives its exit code", async () => {
    const shell = open({ cwd: at.server.folder })
    shell.type("tty; echo $TERM; pwd\n")
    await shell.shows(/\/dev\/pts\/\d+\r\nxterm\r\n/)
    await shell.shows(`${at.server.folder}\r\n`)
    shell.type("exit 7\n")
    expect(await shell.report()).toEqual(right(7))
  })

  it("passes Ctrl-C on to what runs over there", async () => {
    const shell = open({
      command: ["sh", "-c", "echo on; trap 'echo caught; exit 5' INT; while :; do sleep 0.05; done"]
    })
    await shell.shows("on\r\n")
    shell.type("\u{3}")
    await shell.shows("caught")
    expect(await shell.report()).toEqual(right(5))
  })

  it("tells the size of the terminal, and every change of it", async () => {
    const shell = open({
      command: [
        "sh",
        "-c",
        "trap 'echo now $(stty size)' WINCH; echo at $(stty size); until [ -e done ]; do sleep 0.05; done"
      ],
      cwd: at.server.folder
    })
    await shell.shows(/at \d+ \d+/)
    const pid = shell.pid()
    execFileSync("sh", ["-c", `stty rows 41 cols 133 < /proc/${pid}/fd/0`])
    await shell.shows("now 41 133")
    execFileSync("touch", [join(at.server.folder, "done")])
    expect(await shell.report()).toEqual(right(0))
  })

  it("forwards a real agent, for as long as it is open", async () => {
    await using agent = await withAgent()
    const shell = open({ agent: agent.socket, command: ["sh", "-c", "ssh-add -l; echo $SSH_AUTH_SOCK"] })
    await shell.shows(agent.fingerprint)
    expect(await shell.report()).toEqual(right(0))
    expect(shell.screen()).not.toContain(agent.socket)
    const without = open({ command: ["sh", "-c", "ssh-add -l; echo [$SSH_AUTH_SOCK]"] })
    await without.shows("[]")
    expect(await without.report()).toEqual(right(0))
  })

  it("is left by Enter, ~ and .", async () => {
    const shell = open({ command: ["sh", "-c", "echo on; sleep 600"] })
    await shell.shows("on\r\n")
    shell.type("\r~.")
    expect(await shell.report()).toEqual(right(255))
  })

  it("gives the terminal back when the connection breaks", async () => {
    await using own = await stage()
    const shell = open({ command: ["sh", "-c", "echo on; sleep 600"] }, own)
    await shell.shows("on\r\n")
    await own.server.kill()
    expect(await shell.report()).toEqual({ kind: "gone", raw: false })
  })

  it("gives the exit code of a signal", async () => {
    const shell = open({ command: ["sh", "-c", "kill -TERM $$"] })
    expect(await shell.report()).toEqual(right(143))
  })
})

describe("a shell over SSH without a terminal", () => {
  it("has none over there either, and takes its commands from the input", async () => {
    const shell = open({}, at, false)
    shell.type("tty; echo err >&2; exit 4\n")
    const reported = await shell.report()
    expect(shell.screen()).toBe("not a tty\n")
    expect(await shell.errors).toContain("err\n")
    expect(reported).toEqual({ ...right(4), raw: null })
  })
})

describe("keys", () => {
  const pass = async (chunks: ReadonlyArray<string>) => {
    let left = false
    const escape = new Escape(() => {
      left = true
      escape.end()
    })
    const passed = text(escape)
    for (const chunk of chunks) if (!left) escape.write(chunk)
    if (!left) escape.end()
    return { passed: await passed, left }
  }

  it.each([
    [["~."], "", true],
    [["ls\r", "~", "."], "ls\r", true],
    [["\r~~."], "\r~.", false],
    [["a~."], "a~.", false],
    [["\r~x"], "\r~x", false],
    [["\r~"], "\r~", false]
  ])("%j pass as %j", async (chunks, passed, left) => {
    expect(await pass(chunks)).toEqual({ passed, left })
  })

  it("without a tilde pass as they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string().map((keys) => keys.replaceAll("~", "x"))), async (chunks) => {
        expect((await pass(chunks)).passed).toBe(chunks.join(""))
      }),
      { numRuns: 30 }
    )
  })
})
