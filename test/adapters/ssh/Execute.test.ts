import { execFileSync } from "node:child_process"
import { hash, randomBytes } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PassThrough, Readable, Writable } from "node:stream"
import { finished } from "node:stream/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { quoteAll } from "../../../src/adapters/ssh/RemoteScript.ts"
import { output, type Stage, stage } from "./stage.ts"

let at: Stage
beforeAll(async () => {
  at = await stage()
})
afterAll(() => at[Symbol.asyncDispose]())

const sh = (line: string) => ["sh", "-c", line] as const

const appeared = async (file: string): Promise<string> => {
  const folder = join(file, "..")
  const watcher = watch(folder)
  try {
    while (!existsSync(file) || readFileSync(file, "utf8") === "") await once(watcher, "change")
    return readFileSync(file, "utf8")
  } finally {
    watcher.close()
  }
}

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Bytes outside of the heap that something still holds. */
const held = (): number => {
  collect()
  return process.memoryUsage().external
}

const isRunning = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")
  } catch {
    return false
  }
}

describe("a command over SSH", () => {
  it.each(["tcp", "command"] as const)(
    "gives its output, errors apart, and its exit code, over a %s route",
    async (over) => {
      const ended = await at.connected((to) => output(to, sh("echo out; echo err >&2; exit 3")), { over })
      expect(ended).toMatchObject({ exit: 3, timedOut: false })
      expect([ended.stdout.toString(), ended.stderr.toString()]).toEqual(["out\n", "err\n"])
    }
  )

  it("gets its words as they are, whatever they hold", async () => {
    const words = [
      "",
      " ",
      "-n",
      "a b",
      "it's",
      '"',
      "$HOME",
      "`id`",
      "new\nline",
      "back\\slash",
      "é 日本語 🙂",
      "*",
      "~",
      "!"
    ]
    const ended = await at.connected((to) => output(to, ["printf", String.raw`%s\0`, ...words]))
    expect(ended.stdout.toString().split("\0").slice(0, -1)).toEqual(words)
  })

  it("gets any words as they are, as a local shell proves", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "binary" }).filter((word) => !word.includes("\0")),
          { minLength: 1, maxLength: 8 }
        ),
        (words) => {
          const shell = execFileSync("sh", ["-c", `printf '%s\\0' ${quoteAll(words)}`])
          // A lone surrogate is no character, and can't be sent anywhere.
          expect(shell.equals(Buffer.from(words.map((word) => `${word}\0`).join("")))).toBe(true)
        }
      ),
      { numRuns: 50 }
    )
  })

  it("says 127 of a program that is not there, 126 of a folder that is not, and 128 + n of a signal", async () => {
    const exits = await at.connected((to) =>
      Effect.all([
        output(to, ["no-such-program"]),
        output(to, ["true"], { cwd: "/no/such/folder" }),
        output(to, sh("kill -TERM $$")),
        output(to, sh("kill -KILL $$"))
      ])
    )
    expect(exits.map(({ exit }) => exit)).toEqual([127, 126, 143, 137])
  })

  it("runs in a folder and with variables whose values are on no command line", async () => {
    const folder = join(at.server.folder, "a 'folder'\nof mine")
    mkdirSync(folder)
    const variables = { SECRET: "s3cr3t-'\"\n$value\\", EMPTY: "" }
    const ended = await at.connected((to) =>
      output(to, sh('pwd; printf "%s|%s" "$SECRET" "$EMPTY"; grep -lsa s3cr3t /proc/[0-9]*/cmdline >&2'), {
        cwd: folder,
        variables
      })
    )
    expect(ended.stdout.toString()).toBe(`${folder}\n${variables.SECRET}|`)
    // The grep itself, and the shell that runs it, have the word in theirs.
    const found = ended.stderr.toString().trim().split("\n")
    expect(found.filter((line) => line !== "").length).toBeLessThanOrEqual(2)
  })

  it("refuses a name that is none for a variable, and a NUL", async () => {
    await expect(at.connected((to) => output(to, ["true"], { variables: { "a b": "" } }))).rejects.toThrow(
      "no name for a variable"
    )
    await expect(at.connected((to) => output(to, ["echo", "a\0b"]))).rejects.toThrow("NUL")
  })

  it("gets its input and gives its output byte for byte: eight megabytes both ways", async () => {
    const bytes = randomBytes(8 * 1024 * 1024)
    const ended = await at.connected((to) => output(to, ["cat"], { stdin: bytes }))
    expect(ended.exit).toBe(0)
    expect(hash("sha256", ended.stdout)).toBe(hash("sha256", bytes))
  })

  it("has an input that ends at once when it is given none", async () => {
    const ended = await at.connected((to) => output(to, ["cat"]))
    expect(ended).toMatchObject({ exit: 0, stdout: Buffer.alloc(0) })
  })

  it("waits for a slow reader instead of filling memory", async () => {
    const [total, step] = [64 * 1024 * 1024, 4 * 1024 * 1024]
    let [seen, most] = [0, 0]
    const slow = new Writable({
      highWaterMark: 64 * 1024,
      write: (chunk: Buffer, _encoding, done) => {
        // What nobody holds any more does not count, however late it is collected.
        if (Math.floor(seen / step) < Math.floor((seen + chunk.length) / step)) most = Math.max(most, held())
        seen += chunk.length
        setImmediate(done)
      }
    })
    const before = held()
    const ended = await at.connected((to) => output(to, ["head", "-c", String(total), "/dev/zero"], { stdout: slow }))
    slow.end()
    await finished(slow)
    expect([ended.exit, seen]).toEqual([0, total])
    expect(most - before).toBeLessThan(24 * 1024 * 1024)
  })

  it("is ended when nobody reads its output any more", async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
    })
    const ended = await at.connected((to) => output(to, ["yes"], { stdout: broken }))
    expect(ended.exit).toBe(143)
  })

  it("is ended by its timeout with all that it started, also what left its process group", async () => {
    const file = join(at.server.folder, "pids")
    const ended = await at.connected((to) =>
      output(
        to,
        sh(
          `trap '' TERM; sleep 600 & a=$!; setsid sleep 600 & b=$!; echo $$ $a $b > ${file}.new; mv ${file}.new ${file}; wait`
        ),
        { timeout: 500 }
      )
    )
    expect(ended).toMatchObject({ timedOut: true, exit: 137 })
    const pids = readFileSync(file, "utf8").trim().split(" ").map(Number)
    expect(pids).toHaveLength(3)
    expect(pids.map(isRunning)).toEqual([false, false, false])
  })

  it("is ended when it is interrupted", async () => {
    const file = join(at.server.folder, "interrupted")
    const pid = await at.connected((to) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(output(to, sh(`echo $$ > ${file}.new; mv ${file}.new ${file}; sleep 600`)))
        const pid = Number(yield* Effect.promise(() => appeared(file)))
        yield* Fiber.interrupt(fiber)
        return pid
      })
    )
    expect(isRunning(pid)).toBe(false)
  })

  it("goes on by itself when it is detached", async () => {
    const file = join(at.server.folder, "detached")
    const go = join(at.server.folder, "go")
    execFileSync("mkfifo", [go])
    const ended = await at.connected((to) =>
      output(to, sh(`read word < ${go}; echo "$word $WHAT" > ${file}`), { detach: true, variables: { WHAT: "done" } })
    )
    expect(ended.exit).toBeNull()
    writeFileSync(go, "well\n")
    expect(await appeared(file)).toBe("well done\n")
    const missing = await at.connected((to) => output(to, ["no-such-program"], { detach: true }))
    expect(missing.exit).toBe(127)
  })

  it("runs as another user, with its home", async () => {
    const ended = await at.connected((to) =>
      output(to, sh("id -un; echo $HOME $WHAT"), { user: "nobody", variables: { WHAT: "ever" } })
    )
    expect(ended.stdout.toString()).toBe("nobody\n/nonexistent ever\n")
    const same = await at.connected((to) => output(to, ["id", "-un"], { user: at.server.user }))
    expect(same.stdout.toString()).toBe(`${at.server.user}\n`)
  })

  it("shares its connection with others", async () => {
    const all = await at.connected((to) =>
      Effect.all(
        Array.from({ length: 20 }, (_, index) => output(to, ["echo", String(index)])),
        { concurrency: "unbounded" }
      )
    )
    expect(all.map(({ stdout }) => Number(stdout.toString()))).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })

  it("fails, and says that it may go on, when the connection breaks under it", async () => {
    await using own = await stage()
    const stdout = new PassThrough()
    const broken = own.connected((to) =>
      to.execute({
        command: sh("echo on; sleep 30"),
        stdout,
        stderr: new PassThrough(),
        stdin: new Readable({ read: () => undefined })
      })
    )
    await once(stdout, "data")
    await Promise.all([
      expect(broken).rejects.toMatchObject({ kind: "gone", message: expect.stringContaining("may still be running") }),
      own.server.kill()
    ])
  })
})
