/** What every backend does the same. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { createServer, type Server } from "node:net"
import { join } from "node:path"
import { Readable } from "node:stream"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Backend, Order } from "../../../src/app/ports/Backend.ts"
import { Bench, failureOf, freePort, gathering, newStep, newWorkspace, ok } from "./bench.ts"

/** `make` is given the id of a log of its own. */
export const backendContract = (name: string, make: (log: string) => Backend): void => {
  describe(`the backend ${name}`, () => {
    let bench: Bench
    let backend: Backend
    let order: Order

    beforeAll(async () => {
      backend = make(`log-${newWorkspace()}`)
      bench = new Bench(backend)
      order = await bench.running({}, {}, { GREETING: "it's $HOME\nand more", PLAIN: "1" })
    })
    afterAll(() => bench.close())

    test("says what it is", async () => {
      const { version } = await ok(backend.probe)
      expect(version).not.toBe("")
    })

    describe("a workspace", () => {
      test("is made stopped, found by its ids, and gone when it is removed", async () => {
        const made = bench.order()
        expect(await ok(backend.inspect(made.workspace))).toBeUndefined()
        const instance = await ok(backend.create(made, () => undefined))
        expect(instance).toMatchObject({ workspace: made.workspace, step: made.step, state: "created" })
        expect(await ok(backend.inspect(made.workspace))).toStrictEqual(instance)
        expect((await ok(backend.list)).map(({ workspace }) => workspace)).toContain(made.workspace)
        await ok(backend.remove(made.workspace, { volumes: true }))
        expect(await ok(backend.inspect(made.workspace))).toBeUndefined()
        expect((await ok(backend.list)).map(({ workspace }) => workspace)).not.toContain(made.workspace)
      })

      test("is made once by a step that is repeated, as after a crash in between", async () => {
        const made = bench.order()
        const first = await ok(backend.create(made, () => undefined))
        expect(await ok(backend.create(made, () => undefined))).toStrictEqual(first)
        await ok(backend.start(made.workspace, {}))
        const again = await ok(backend.create(made, () => undefined))
        expect(again).toMatchObject({ handle: first.handle, state: "running" })
        expect((await ok(backend.list)).filter(({ workspace }) => workspace === made.workspace)).toHaveLength(1)
      })

      test("that never ran is made anew by another step", async () => {
        const made = bench.order()
        await ok(backend.create(made, () => undefined))
        const step = newStep()
        expect(await ok(backend.create({ ...made, step }, () => undefined))).toMatchObject({ step, state: "created" })
        expect((await ok(backend.list)).filter(({ workspace }) => workspace === made.workspace)).toHaveLength(1)
      })

      test("can be removed twice, and without ever having been there", async () => {
        const made = bench.order()
        await ok(backend.create(made, () => undefined))
        await ok(backend.remove(made.workspace, { volumes: true }))
        await ok(backend.remove(made.workspace, { volumes: true }))
        await ok(backend.remove(newWorkspace(), { volumes: true }))
      })

      test("of another log is not seen", async () => {
        const other = make(`log-${newWorkspace()}`)
        expect(await ok(other.list)).toStrictEqual([])
        expect(await ok(other.inspect(order.workspace))).toBeUndefined()
      })

      test("starts, stops and starts again with what it was made of; each may be repeated", async () => {
        const made = await bench.running()
        const { startedAt, state } = await ok(backend.start(made.workspace, {}))
        expect(state).toBe("running")
        expect(startedAt).toBeGreaterThan(Date.now() - 60_000)
        expect(await ok(backend.stop(made.workspace, 1000))).toMatchObject({ state: "stopped" })
        const stopped = await ok(backend.stop(made.workspace, 1000))
        expect(stopped.startedAt).toBeUndefined()
        expect(await ok(backend.start(made.workspace, {}))).toMatchObject({ state: "running", step: made.step })
      })

      test("pauses and goes on where it was; each may be repeated", async () => {
        const made = await bench.running()
        await bench.shell(made, "while :; do echo x >> ticks; sleep 0.02; done", { detach: true })
        const ticks = () => (existsSync(join(made.folder, "ticks")) ? statSync(join(made.folder, "ticks")).size : 0)
        await expect.poll(ticks, { timeout: 10_000 }).toBeGreaterThan(0)
        expect(await ok(backend.pause(made.workspace))).toMatchObject({ state: "paused" })
        expect(await ok(backend.pause(made.workspace))).toMatchObject({ state: "paused" })
        const before = ticks()
        expect(await ok(backend.inspect(made.workspace))).toMatchObject({ state: "paused" })
        expect(ticks()).toBe(before)
        expect(await ok(backend.resume(made.workspace))).toMatchObject({ state: "running" })
        expect(await ok(backend.resume(made.workspace))).toMatchObject({ state: "running" })
        await expect.poll(ticks, { timeout: 10_000 }).toBeGreaterThan(before)
      })

      test("ends its programs politely when it stops", async () => {
        const made = await bench.running()
        await bench.shell(made, "trap 'echo bye > bye; exit' TERM; touch ready; while :; do sleep 0.05; done", {
          detach: true
        })
        await expect.poll(() => existsSync(join(made.folder, "ready")), { timeout: 10_000 }).toBe(true)
        await ok(backend.stop(made.workspace, 10_000))
        expect(readFileSync(join(made.folder, "bye"), "utf8")).toBe("bye\n")
      })

      test("ends them by force after the grace that was given", async () => {
        const made = await bench.running()
        await bench.shell(made, "trap '' TERM; touch ready; while :; do sleep 0.05; done", { detach: true })
        await expect.poll(() => existsSync(join(made.folder, "ready")), { timeout: 10_000 }).toBe(true)
        expect(await ok(backend.stop(made.workspace, 1000))).toMatchObject({ state: "stopped" })
      })
    })

    describe("what is refused", () => {
      test.each(["start", "stop", "pause", "resume"] as const)(
        "%s of what is not there says that it is gone",
        async (what) => {
          const nothing = newWorkspace()
          const action = {
            start: () => backend.start(nothing, {}),
            stop: () => backend.stop(nothing, 0),
            pause: () => backend.pause(nothing),
            resume: () => backend.resume(nothing)
          }[what]
          expect(await failureOf(action())).toMatchObject({ _tag: "BackendFailed", kind: "gone" })
        }
      )

      test("a command in one that does not run, with what to do first", async () => {
        const made = bench.order()
        await ok(backend.create(made, () => undefined))
        const { stream } = gathering()
        const failure = await failureOf(
          backend.execute(made.workspace, { command: ["true"], stdout: stream, stderr: stream })
        )
        expect(failure).toMatchObject({ kind: "refused" })
        expect(failure.message).toMatch(/[Ss]tart it/)
      })

      test("a variable that no shell takes", async () => {
        const made = bench.order()
        await ok(backend.create(made, () => undefined))
        expect(await failureOf(backend.start(made.workspace, { "A B": "1" }))).toMatchObject({ kind: "refused" })
      })
    })

    describe("a command", () => {
      test("gives its output, its errors apart, and its own exit code", async () => {
        const ran = await bench.shell(order, "echo out; echo err >&2; exit 37")
        expect(ran).toMatchObject({ exit: 37, stdout: "out\n", stderr: "err\n", timedOut: false })
        expect(ran.durationMs).toBeGreaterThan(0)
      })

      test("is not a line for a shell: its words arrive as they are", async () => {
        const words = ["a b", "$HOME", "'", '"', "*", "", "\n", "ü"]
        const { stdout } = await bench.run(order, ["printf", "[%s]", ...words])
        expect(stdout).toBe(words.map((word) => `[${word}]`).join(""))
      })

      test("that does not exist ends with 127", async () => {
        expect(await bench.run(order, ["no-such-program"])).toMatchObject({ exit: 127, stdout: "" })
      })

      test("that a signal ended ends with 128 and its number", async () => {
        expect(await bench.shell(order, "kill -KILL $$")).toMatchObject({ exit: 137 })
      })

      test("reads its standard input to the end", async () => {
        const { stdout } = await bench.run(order, ["wc", "-c"], { stdin: Readable.from([Buffer.alloc(300_000, "x")]) })
        expect(stdout.trim()).toBe("300000")
      })

      test("has an empty standard input when it is given none", async () => {
        expect(await bench.run(order, ["cat"])).toMatchObject({ exit: 0, stdout: "" })
      })

      test("is waited for when it closes its outputs long before its end", async () => {
        expect(await bench.shell(order, "exec >&- 2>&-; sleep 0.5; exit 7")).toMatchObject({ exit: 7, stdout: "" })
      })

      test("gives every byte of a large output, in both streams", async () => {
        const { stdout, stderr } = await bench.shell(order, "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2")
        expect([stdout.length, stderr.length]).toStrictEqual([3_000_000, 2_000_000])
      })

      test("runs in the worktree, or where it is told", async () => {
        expect((await bench.run(order, ["pwd"])).stdout.trim()).toBe(order.inside)
        expect((await bench.run(order, ["pwd"], { cwd: "/" })).stdout.trim()).toBe("/")
        expect(await bench.run(order, ["pwd"], { cwd: "/no/such/folder" })).toMatchObject({ exit: 126 })
      })

      test("sees the workspace's variables, and its own before them", async () => {
        const script = 'printf "%s|%s|%s" "$GREETING" "$PLAIN" "$OWN"'
        expect((await bench.shell(order, script)).stdout).toBe("it's $HOME\nand more|1|")
        const given = { variables: { PLAIN: "mine", OWN: "o w n" } }
        expect((await bench.shell(order, script, given)).stdout).toBe("it's $HOME\nand more|mine|o w n")
      })

      test("leaves files that belong to the worktree's owner", async () => {
        await bench.shell(order, "echo hello > made; mkdir -p deep/er; touch deep/er/file")
        for (const path of ["made", "deep", "deep/er/file"]) {
          const { uid, gid } = statSync(join(order.folder, path))
          expect({ uid, gid }).toStrictEqual(bench.owner)
        }
        expect(readFileSync(join(order.folder, "made"), "utf8")).toBe("hello\n")
      })

      test("sees what the host writes", async () => {
        writeFileSync(join(order.folder, "from-the-host"), "hi")
        expect((await bench.run(order, ["cat", "from-the-host"])).stdout).toBe("hi")
      })

      test("is ended at its time limit, with all that it started, also in sessions of their own", async () => {
        const file = join(order.folder, "beats")
        const beat = "while :; do echo x >> beats; sleep 0.02; done"
        const ran = await bench.shell(
          order,
          `setsid sh -c '${beat}' > /dev/null 2>&1 & (trap '' TERM; sleep 600) & sleep 600`,
          {
            timeout: 1000
          }
        )
        expect(ran.timedOut).toBe(true)
        expect(ran.durationMs).toBeLessThan(20_000)
        const before = statSync(file).size
        expect(before).toBeGreaterThan(0)
        await bench.run(order, ["sleep", "0.2"])
        expect(statSync(file).size).toBe(before)
      })

      test("ends when whoever asked for it goes", async () => {
        const { stream } = gathering()
        const file = join(order.folder, "going")
        const running = Effect.runFork(
          backend.execute(order.workspace, {
            command: ["sh", "-c", "while :; do echo x >> going; sleep 0.02; done"],
            stdout: stream,
            stderr: stream
          })
        )
        await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(true)
        await Effect.runPromise(Fiber.interrupt(running))
        const before = statSync(file).size
        await bench.run(order, ["sleep", "0.2"])
        expect(statSync(file).size).toBe(before)
      })

      test("that is detached goes on, and what it prints is in the logs", async () => {
        const ended = await bench.shell(order, "echo from the background; sleep 0.1; echo done > detached", {
          detach: true
        })
        expect(ended.exit).toBeNull()
        await expect.poll(() => existsSync(join(order.folder, "detached")), { timeout: 10_000 }).toBe(true)
        const read = async () => {
          const [stdout, stderr] = [gathering(), gathering()]
          await ok(
            backend.logs(
              order.workspace,
              { follow: false, tail: undefined },
              { stdout: stdout.stream, stderr: stderr.stream }
            )
          )
          return stdout.read() + stderr.read()
        }
        await expect.poll(read, { timeout: 10_000 }).toContain("from the background\n")
      })

      test("may run beside others", async () => {
        const all = await Promise.all(
          Array.from({ length: 8 }, (_, index) => bench.shell(order, `echo ${index}; exit ${index}`))
        )
        expect(all.map(({ exit, stdout }) => [exit, stdout])).toStrictEqual(
          all.map((_, index) => [index, `${index}\n`])
        )
      })
    })

    describe("logs", () => {
      test("can be followed, from a number of lines before the end, until the workspace stops", async () => {
        const made = await bench.running()
        const [stdout, stderr] = [gathering(), gathering()]
        const following = ok(
          backend.logs(made.workspace, { follow: true, tail: 100 }, { stdout: stdout.stream, stderr: stderr.stream })
        )
        await bench.shell(made, "echo one; echo two", { detach: true })
        await expect.poll(() => stdout.read() + stderr.read(), { timeout: 10_000 }).toMatch(/one\n[^]*two\n/)
        await ok(backend.stop(made.workspace, 1000))
        await following
      })
    })

    describe("measures", () => {
      test("the memory and the processes of one that runs; at the least the time", async () => {
        const usage = await ok(backend.usage(order.workspace))
        expect(Math.abs(usage.time - Date.now())).toBeLessThan(60_000)
        for (const value of [usage.cpus, usage.memoryBytes, usage.processes]) {
          if (value !== undefined) expect(value).toBeGreaterThanOrEqual(0)
        }
      })
    })

    describe("ports", () => {
      let taken: Server | undefined
      afterAll(() => taken?.close())

      test("that are taken are named, and the workspace can be made anew with others", async () => {
        if (!backend.isolates) return
        const hostPort = await freePort()
        taken = createServer()
        await once(taken.listen(hostPort, "127.0.0.1"), "listening")
        const publication = { service: "web", host: "127.0.0.1", port: 8080, protocol: "tcp" } as const
        const made = bench.order({}, { ports: [{ ...publication, hostPort }] })
        await ok(backend.create(made, () => undefined))
        expect(await failureOf(backend.start(made.workspace, {}))).toMatchObject({ kind: "port-taken", port: hostPort })
        expect(await ok(backend.inspect(made.workspace))).toMatchObject({ state: "created" })
        const ports = [{ ...publication, hostPort: await freePort() }]
        await ok(backend.create({ ...made, step: newStep(), ports }, () => undefined))
        expect(await ok(backend.start(made.workspace, {}))).toMatchObject({ state: "running", ports })
      })
    })
  })
}
