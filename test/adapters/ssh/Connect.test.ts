import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type Destination, Ssh, type SshFailed } from "../../../src/app/ports/Ssh.ts"
import { withAgent } from "./agent.ts"
import { emptyFolder, output, runWith, stage } from "./stage.ts"
import { makeKeyFile, serve } from "./sshd.ts"

const connect = (destination: Destination, options?: Parameters<Ssh["Type"]["connect"]>[1]) =>
  Effect.flatMap(Ssh, (ssh) => ssh.connect(destination, options))

describe("a connection", () => {
  it("is refused when another key is presented than must be, and nothing is sent", async () => {
    await using at = await stage()
    const expected = at.destination()
    await at.server.changeHostKey()
    const now = at.destination()
    const failed: SshFailed = await at.run(connect({ ...expected, route: now.route })).then(
      () => expect.fail("connected"),
      (cause) => cause
    )
    expect(failed).toMatchObject({ kind: "host-key" })
    const { presented, known } = await at.run(
      Effect.gen(function* () {
        const ssh = yield* Ssh
        return { presented: yield* ssh.fingerprint(now.hostKey), known: yield* ssh.fingerprint(expected.hostKey) }
      })
    )
    expect(failed.detail).toContain(`${presented}, not ${known}`)
  })

  it("is refused when a key of another type is presented", async () => {
    await using at = await stage()
    execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-N", "", "-f", join(at.server.folder, "other")])
    const hostKey = readFileSync(join(at.server.folder, "other.pub"), "utf8")
    await expect(at.run(connect({ ...at.destination(), hostKey }))).rejects.toMatchObject({ kind: "host-key" })
  })

  it("says so when nothing listens", async () => {
    await using at = await stage()
    const destination = at.destination()
    await at.server.kill()
    await expect(at.run(connect(destination))).rejects.toMatchObject({ kind: "refused" })
  })

  it("says so when nobody answers in time", async () => {
    await using at = await stage()
    const sockets: Array<Socket> = []
    const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1")
    await once(silent, "listening")
    const route = { kind: "tcp" as const, host: "127.0.0.1", port: (silent.address() as AddressInfo).port }
    await expect(at.run(connect({ ...at.destination(), route }, { timeout: 200 }))).rejects.toMatchObject({
      kind: "timeout"
    })
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it("says so when something else has the port", async () => {
    await using at = await stage()
    const web = createHttpServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1")
    await once(web, "listening")
    const route = { kind: "tcp" as const, host: "127.0.0.1", port: (web.address() as AddressInfo).port }
    await expect(at.run(connect({ ...at.destination(), route }))).rejects.toMatchObject({
      kind: expect.stringMatching(/^(?:gone|not-ssh)$/)
    })
    web.close()
  })

  it("says what the route's program said when that fails or is not there", async () => {
    await using at = await stage()
    const through = (...command: [string, ...Array<string>]) =>
      at.run(connect({ ...at.destination(), route: { kind: "command", command } }))
    await expect(through("sh", "-c", "echo No such container: x >&2; exit 1")).rejects.toMatchObject({
      kind: "gone",
      detail: expect.stringContaining("No such container: x")
    })
    await expect(through("/no/such/program")).rejects.toMatchObject({ kind: "gone" })
  })

  it("says so when its key is not let in", async () => {
    await using at = await stage()
    writeFileSync(join(at.server.folder, "authorized_keys"), "")
    await expect(at.run(connect(at.destination()))).rejects.toMatchObject({ kind: "auth" })
    await expect(at.run(connect(at.destination(), { agent: "/no/such/agent" }))).rejects.toMatchObject({
      kind: "auth",
      detail: expect.stringContaining("agent could not be asked")
    })
  })

  it("has no route where there is none", async () => {
    await using at = await stage()
    const route = { kind: "none" as const, reason: "the workspace is a process" }
    await expect(at.run(connect({ ...at.destination(), route }))).rejects.toMatchObject({ kind: "no-route" })
  })

  it("logs in by the user's agent where our own key is not known", async () => {
    await using at = await stage()
    await using agent = await withAgent()
    writeFileSync(join(at.server.folder, "authorized_keys"), `${agent.publicKey}\n`)
    const ended = await at.connected((to) => output(to, ["true"]), { agent: agent.socket })
    expect(ended.exit).toBe(0)
  })

  it("ends by itself when the other end is silent for too long", async () => {
    await using at = await stage()
    const ended = await at.connected(
      (to) =>
        Effect.gen(function* () {
          const { stdout } = yield* output(to, ["sh", "-c", "echo $PPID"])
          // The process that serves this connection stops, as when a machine is asleep; its sockets stay open.
          process.kill(Number(stdout.toString()), "SIGSTOP")
          yield* to.closed
          process.kill(Number(stdout.toString()), "SIGKILL")
          return true
        }),
      { keepalive: 100 }
    )
    expect(ended).toBe(true)
  })

  it("leaves no process of its route behind", async () => {
    await using at = await stage()
    const pid = await at.connected(
      (to) => Effect.map(output(to, ["sh", "-c", "echo $PPID"]), ({ stdout }) => Number(stdout.toString())),
      { over: "command" }
    )
    const waiting = spawn("tail", [`--pid=${pid}`, "-f", "/dev/null"])
    await once(waiting, "exit")
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })
})

describe("keys", () => {
  it("are made once, however many ask at once, and are for their owner alone", async () => {
    using folder = emptyFolder("keys")
    const identities = await Promise.all(
      Array.from({ length: 8 }, () => runWith(folder.path)(Effect.flatMap(Ssh, ({ identity }) => identity)))
    )
    expect(new Set(identities.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    const [first] = identities
    if (first === undefined) throw new Error("none")
    expect(statSync(first.file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder.path, "ssh")).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder.path, "ssh")).sort()).toEqual(["id_ed25519", "id_ed25519.pub"])
    expect(execFileSync("ssh-keygen", ["-l", "-f", first.file], { encoding: "utf8" })).toContain(first.fingerprint)
    expect(execFileSync("ssh-keygen", ["-y", "-f", first.file], { encoding: "utf8" }).trim()).toBe(first.publicKey)
    chmodSync(first.file, 0o644)
    await runWith(folder.path)(Effect.flatMap(Ssh, ({ identity }) => identity))
    expect(statSync(first.file).mode & 0o777).toBe(0o600)
  })

  it("that are broken are never overwritten", async () => {
    using folder = emptyFolder("keys")
    mkdirSync(join(folder.path, "ssh"))
    writeFileSync(join(folder.path, "ssh", "id_ed25519"), "no key")
    await expect(runWith(folder.path)(Effect.flatMap(Ssh, ({ identity }) => identity))).rejects.toThrow(
      "cannot be used"
    )
    expect(readFileSync(join(folder.path, "ssh", "id_ed25519"), "utf8")).toBe("no key")
  })

  it("for hosts are what sshd takes", async () => {
    using folder = emptyFolder("keys")
    const pair = await runWith(folder.path)(Effect.flatMap(Ssh, (ssh) => ssh.makeKey("nexus-feat-x")))
    const file = join(folder.path, "host")
    writeFileSync(file, pair.privateKey, { mode: 0o600 })
    const printed = execFileSync("ssh-keygen", ["-l", "-f", file], { encoding: "utf8" })
    expect(printed).toContain(`${pair.fingerprint} nexus-feat-x (ED25519)`)
  })

  it("of the user are found in files and in the agent, each once; what is none is left out", async () => {
    using folder = emptyFolder("keys")
    await using agent = await withAgent()
    mkdirSync(join(folder.path, ".ssh"))
    const own = makeKeyFile(join(folder.path, ".ssh", "id_ed25519"))
    writeFileSync(join(folder.path, ".ssh", "again.pub"), `${agent.publicKey}\n`)
    writeFileSync(join(folder.path, ".ssh", "broken.pub"), 'ssh-ed25519 AAAA\ncommand="x" ssh-rsa AAAA\n\n')
    const keys = await runWith(folder.path)(
      Effect.flatMap(Ssh, (ssh) => ssh.userKeys({ home: folder.path, agent: agent.socket }))
    )
    expect(keys.map(({ publicKey }) => publicKey).sort()).toEqual([agent.publicKey, own].sort())
    const none = await runWith(folder.path)(
      Effect.flatMap(Ssh, (ssh) => ssh.userKeys({ home: join(folder.path, "nobody"), agent: "/no/such/agent" }))
    )
    expect(none).toEqual([])
  })
})

describe("the block for ssh_config", () => {
  const withBlock = async (over: "tcp" | "command") => {
    const at = await stage()
    const block = await at.run(Effect.flatMap(Ssh, (ssh) => ssh.config(at.destination(over))))
    const file = join(at.home, "config")
    writeFileSync(file, block)
    return { at, block, file, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() }
  }

  it.each(["tcp", "command"] as const)("has OpenSSH's client reach the workspace, over a %s route", async (over) => {
    await using made = await withBlock(over)
    const printed = execFileSync("ssh", ["-F", made.file, "-o", "BatchMode=yes", "nexus-feat-x", "echo hello"], {
      encoding: "utf8"
    })
    expect(printed).toBe("hello\n")
    expect(made.block).not.toMatch(/StrictHostKeyChecking (?:no|accept-new)/)
    expect(await made.at.run(Effect.flatMap(Ssh, ({ known }) => known))).toEqual(["nexus-feat-x"])
  })

  it("has it refuse another host key, and one that was forgotten", async () => {
    await using made = await withBlock("command")
    const ssh = () =>
      execFileSync("ssh", ["-F", made.file, "-o", "BatchMode=yes", "nexus-feat-x", "true"], { stdio: "pipe" })
    ssh()
    await made.at.server.changeHostKey()
    expect(ssh).toThrow("REMOTE HOST IDENTIFICATION HAS CHANGED")
    await made.at.run(Effect.flatMap(Ssh, (port) => port.know("nexus-feat-x", made.at.server.hostKey)))
    ssh()
    await made.at.run(Effect.flatMap(Ssh, (port) => port.forget("nexus-feat-x")))
    expect(ssh).toThrow("Host key verification failed")
  })

  it("holds whatever is in paths and arguments", async () => {
    using folder = emptyFolder('a %h "b" \\c')
    await using server = await serve([])
    const run = runWith(folder.path)
    const { publicKey } = await run(Effect.flatMap(Ssh, ({ identity }) => identity))
    writeFileSync(join(server.folder, "authorized_keys"), `${publicKey}\n`)
    const proxy = ["sh", "-c", `exec "$0" -i -f "$1"`, server.command[0], server.configFile, "100% 'mine' %h"] as const
    const block = await run(
      Effect.flatMap(Ssh, (ssh) =>
        ssh.config(
          { alias: "nexus-feat-x", user: server.user, hostKey: server.hostKey, route: { kind: "none", reason: "" } },
          { proxy }
        )
      )
    )
    writeFileSync(join(folder.path, "config"), block)
    const printed = execFileSync(
      "ssh",
      ["-F", join(folder.path, "config"), "-o", "BatchMode=yes", "nexus-feat-x", "echo hello"],
      { encoding: "utf8" }
    )
    expect(printed).toBe("hello\n")
  })

  it("trusts nothing for a name that is none", async () => {
    await using at = await stage()
    await expect(
      at.run(Effect.flatMap(Ssh, (ssh) => ssh.know("../../authorized_keys", at.server.hostKey)))
    ).rejects.toThrow("no name for a host")
    await expect(at.run(Effect.flatMap(Ssh, (ssh) => ssh.know("nexus-x", "no key")))).rejects.toThrow("no public key")
  })

  it("of many workspaces that come and go at once leaves exactly those that are there", async () => {
    await using at = await stage()
    const names = Array.from({ length: 40 }, (_, index) => `nexus-w${index}`)
    await at.run(
      Effect.flatMap(Ssh, (ssh) =>
        Effect.forEach(
          names,
          (name, index) =>
            Effect.zipRight(ssh.know(name, at.server.hostKey), index % 2 === 0 ? ssh.forget(name) : Effect.void),
          { concurrency: "unbounded" }
        )
      )
    )
    const left = await at.run(Effect.flatMap(Ssh, ({ known }) => known))
    expect([...left].sort()).toEqual(names.filter((_, index) => index % 2 === 1).sort())
  })
})
