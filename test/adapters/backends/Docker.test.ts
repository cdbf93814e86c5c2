/** What a container keeps apart, what it publishes, and what becomes of it when the engine or someone else interferes. */
import { execFileSync, spawn } from "node:child_process"
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import type { Backend, Order, Publication } from "../../../src/app/ports/Backend.ts"
import { Bench, failureOf, freePort, newStep, newWorkspace, ok } from "./bench.ts"

const docker = (...args: ReadonlyArray<string>): string => execFileSync("docker", args, { encoding: "utf8" })

const silent = () => undefined

let bench: Bench
let backend: Backend

beforeAll(() => {
  backend = dockerBackend(`log-${newWorkspace()}`)
  bench = new Bench(backend)
})
afterAll(() => bench.close())

const handleOf = async ({ workspace }: Order): Promise<string> =>
  (await ok(backend.inspect(workspace)))?.handle ?? "none"

const sshPort = async (): Promise<Publication> => ({
  service: "ssh",
  host: "127.0.0.1",
  hostPort: await freePort(),
  port: 22,
  protocol: "tcp"
})

/** OpenSSH's own client, which trusts the workspace's host key and nothing else. */
const ssh = (options: ReadonlyArray<string>, ...command: ReadonlyArray<string>): string => {
  const known = join(bench.folder, "known_hosts")
  writeFileSync(known, `workspace ${readFileSync(join(bench.folder, "host.pub"), "utf8")}`)
  const trust = ["-F", "none", "-i", join(bench.folder, "user"), "-o", `UserKnownHostsFile=${known}`]
  const strict = ["-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlias=workspace", "-o", "ConnectionAttempts=20"]
  const quiet = ["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]
  return execFileSync("ssh", [...trust, ...strict, ...quiet, ...options, "--", ...command], { encoding: "utf8" })
}

describe("what a container keeps apart", () => {
  let order: Order
  const secret = "the-value-of-a-secret"

  beforeAll(async () => {
    order = await bench.running(
      { limits: { cpus: 0.5, memoryBytes: 64 * 2 ** 20, processes: 64 } },
      {},
      { TOKEN: secret }
    )
  })

  test("a secret is in the environment of what runs inside, and nowhere in what the engine knows", async () => {
    expect((await bench.shell(order, "printf %s $TOKEN")).stdout).toBe(secret)
    const handle = await handleOf(order)
    expect(docker("inspect", handle)).not.toContain(secret)
    docker("commit", handle, "nexus-test-commit:1")
    try {
      expect(docker("inspect", "nexus-test-commit:1")).not.toContain(secret)
      const look = ["grep", "-rl", secret, "/.nexus", "/run", "/etc", "/root", "/home", "/tmp", "/var"]
      expect(() => docker("run", "--rm", "--entrypoint", "", "nexus-test-commit:1", ...look)).toThrow(/Command failed/)
    } finally {
      docker("rmi", "-f", "nexus-test-commit:1")
    }
  })

  test("it is gone when the workspace stops", async () => {
    const made = await bench.running({}, {}, { TOKEN: secret })
    await ok(backend.stop(made.workspace, 1000))
    await ok(backend.start(made.workspace, {}))
    expect((await bench.shell(made, 'printf "%s" "${TOKEN-none}"')).stdout).toBe("none")
  })

  test("programs have no capabilities; root has few, and none can be gained", async () => {
    const status = (await bench.shell(order, "grep -E '^(CapEff|NoNewPrivs)' /proc/self/status")).stdout
    expect(status).toMatch(/CapEff:\s+0{16}\nNoNewPrivs:\s+1/)
    for (const command of ["mount -t tmpfs none /mnt", "mknod /tmp/disk b 254 0", "chroot / true && unshare -m true"]) {
      expect((await bench.shell(order, command, { user: "root", cwd: "/" })).exit).not.toBe(0)
    }
  })

  test("the engine's socket is not inside", async () => {
    expect((await bench.shell(order, "ls /var/run/docker.sock /run/docker.sock")).exit).not.toBe(0)
  })

  test("limits are applied, and said", async () => {
    expect(await ok(backend.inspect(order.workspace))).toMatchObject({
      limits: { cpus: 0.5, memoryBytes: 64 * 2 ** 20, processes: 64 }
    })
    const eat = "head -c 200000000 /dev/zero | tail"
    expect((await bench.shell(order, eat)).exit).not.toBe(0)
    const forks = await bench.shell(order, "for i in $(seq 100); do sleep 5 & done; wait")
    expect(forks.stderr).toMatch(/[Cc]annot fork/)
  })

  test("a limit on the disk that can't be applied is said while it is made, and is not among its limits", async () => {
    const words: Array<string> = []
    const made = bench.order({ limits: { diskBytes: 2 ** 30 } })
    const { limits } = await ok(backend.create(made, (said) => words.push(said)))
    if (limits.diskBytes === undefined) expect(words.join()).toMatch(/limit on the disk is not applied/)
    else expect(limits.diskBytes).toBe(2 ** 30)
  })

  test("a link that leads out of the worktree leads nowhere outside", async () => {
    const order = await bench.running()
    writeFileSync(join(bench.folder, "outside"), "of the host")
    symlinkSync(join(bench.folder, "outside"), join(order.folder, "link"))
    expect((await bench.run(order, ["cat", "link"])).exit).not.toBe(0)
    await bench.shell(
      order,
      "ln -s / root; ln -s ../../../../../.. up; ls root/workspace > seen; echo x > up/tmp/escape"
    )
    expect(existsSync("/tmp/escape")).toBe(false)
    expect(lstatSync(join(order.folder, "root")).isSymbolicLink()).toBe(true)
  })

  test("what is mounted for reading can't be written, not by root either", async () => {
    const folder = join(bench.folder, "readable")
    mkdirSync(folder)
    writeFileSync(join(folder, "file"), "as it was")
    const plain = bench.order()
    const made = { ...plain, mounts: [...plain.mounts, { from: folder, to: "/readable", writable: false }] }
    await ok(backend.create(made, silent))
    await ok(backend.start(made.workspace, {}))
    const tries =
      "echo x > /readable/file; rm -f /readable/file; mount -o remount,rw /readable && echo x > /readable/file"
    await bench.shell(made, tries, { user: "root" })
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("as it was")
  })

  test("workspaces don't reach each other over their networks", async () => {
    const other = await bench.running()
    const address = docker(
      "inspect",
      "-f",
      "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
      await handleOf(other)
    )
    const reach = `timeout 2 bash -c 'exec 3<>/dev/tcp/${address.trim()}/22'`
    expect((await bench.shell(order, reach)).exit).not.toBe(0)
    expect((await bench.shell(other, reach)).exit).toBe(0)
  })
})

describe("SSH", () => {
  test("by the published port: keys only, in the worktree, with the workspace's variables", async () => {
    const port = await sshPort()
    const order = await bench.running({}, { ports: [port] }, { TOKEN: "a 'b'" })
    expect(await ok(backend.route(order.workspace))).toStrictEqual({
      kind: "tcp",
      host: "127.0.0.1",
      port: port.hostPort,
      user: "nexus"
    })
    const to = ["-p", String(port.hostPort), "nexus@127.0.0.1"]
    expect(ssh(to, 'pwd; echo "$TOKEN"; id -u')).toBe(`/workspace\na 'b'\n${bench.owner.uid}\n`)
    expect(() =>
      ssh(["-o", "IdentitiesOnly=yes", "-o", "IdentityFile=none", "-o", "PubkeyAuthentication=no", ...to], "true")
    ).toThrow(/Permission denied \(publickey\)/)
    expect(() => ssh(["-p", String(port.hostPort), "root@127.0.0.1"], "true")).toThrow(/Permission denied/)
    expect(docker("port", await handleOf(order)).trim()).toBe(`22/tcp -> 127.0.0.1:${port.hostPort}`)
  })

  test("through the engine where there is no network at all", async () => {
    const order = await bench.running({ network: "none" }, { ports: [] })
    const route = await ok(backend.route(order.workspace))
    if (route.kind !== "command") throw new Error(`the route is ${route.kind}`)
    const proxy = route.command.join(" ")
    expect(ssh(["-o", `ProxyCommand=${proxy}`, `${route.user}@workspace`], "pwd; ls /sys/class/net")).toBe(
      "/workspace\nlo\n"
    )
  })

  test("forwards the agent of whoever connects", async () => {
    const port = await sshPort()
    await bench.running({}, { ports: [port] })
    const socket = join(bench.folder, "agent")
    const agent = spawn("ssh-agent", ["-D", "-a", socket])
    try {
      await once(agent.stdout, "data")
      const env = { ...process.env, SSH_AUTH_SOCK: socket }
      execFileSync("ssh-add", ["-q", join(bench.folder, "user")], { env })
      const args = [
        "-A",
        "-F",
        "none",
        "-p",
        String(port.hostPort),
        "-o",
        `UserKnownHostsFile=${join(bench.folder, "known_hosts")}`
      ]
      const strict = ["-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlias=workspace", "-o", "ConnectionAttempts=20"]
      const listed = execFileSync("ssh", [...args, ...strict, "nexus@127.0.0.1", "ssh-add", "-l"], {
        env,
        encoding: "utf8"
      })
      expect(listed).toContain(" user (ED25519)")
    } finally {
      agent.kill()
      await once(agent, "exit")
    }
  })
})

describe("ports", () => {
  test("that something listens on inside are seen", async () => {
    const order = await bench.running()
    await bench.run(order, ["sh", "-c", "exec ssh -o BatchMode=yes -N -D 0.0.0.0:4000 nobody@127.0.0.1"], {
      detach: true
    })
    const ports = async () => (await ok(backend.listening(order.workspace))).map(({ port }) => port)
    expect(await ports()).toContain(22)
  })

  test("that another container has are named", async () => {
    const port = await sshPort()
    await bench.running({}, { ports: [port] })
    const other = bench.order({}, { ports: [port] })
    await ok(backend.create(other, silent))
    const failure = await failureOf(backend.start(other.workspace, {}))
    expect(failure).toMatchObject({ kind: "port-taken", port: port.hostPort })
  })

  test("of a stopped workspace that someone took meanwhile are named, and it starts once they are free", async () => {
    const port = await sshPort()
    const order = await bench.running({}, { ports: [port] })
    await ok(backend.stop(order.workspace, 1000))
    const server = createServer()
    await once(server.listen(port.hostPort, "127.0.0.1"), "listening")
    expect(await failureOf(backend.start(order.workspace, {}))).toMatchObject({ kind: "port-taken" })
    server.close()
    await once(server, "close")
    expect(await ok(backend.start(order.workspace, {}))).toMatchObject({ state: "running", ports: [port] })
  })
})

describe("volumes", () => {
  test("belong to the worktree's owner, survive restarts and a new container, and go only when told", async () => {
    const order = await bench.running({ volumes: [{ name: "data", path: "/data" }] })
    await bench.shell(order, "mkdir /data/deep && echo kept > /data/deep/file")
    await ok(backend.remove(order.workspace, { volumes: false }))
    const again = { ...order, step: newStep() }
    await ok(backend.create(again, silent))
    await ok(backend.start(order.workspace, {}))
    expect((await bench.shell(order, "cat /data/deep/file; stat -c %u /data/deep")).stdout).toBe(
      `kept\n${bench.owner.uid}\n`
    )
    await ok(backend.remove(order.workspace, { volumes: true }))
    expect(docker("volume", "ls", "-q", "--filter", `label=nexus.workspace=${order.workspace}`)).toBe("")
  })

  test("can be kept as archives and made exactly as they were", async () => {
    const order = await bench.running({ volumes: [{ name: "data", path: "/data" }] })
    await bench.shell(
      order,
      "cd /data && echo one > a && mkdir -m 700 d && ln -s a l && echo two > d/b && chmod 640 d/b"
    )
    const look = "cd /data && find . -exec stat -c '%n %F %a %u %g' {} + | sort; cat a d/b"
    const before = (await bench.shell(order, look)).stdout
    const folder = join(bench.folder, `volumes-${order.workspace}`)
    mkdirSync(folder)
    const [kept, ...more] = await ok(backend.keepVolumes(order.workspace, folder))
    expect(more).toStrictEqual([])
    expect(kept).toMatchObject({ volume: "data", file: join(folder, "data.tar.zst") })
    await bench.shell(order, "cd /data && rm -rf d && echo changed > a && touch stray .hidden")
    await ok(backend.stop(order.workspace, 1000))
    await ok(backend.restoreVolumes(order.workspace, kept === undefined ? [] : [kept]))
    await ok(backend.start(order.workspace, {}))
    expect((await bench.shell(order, look)).stdout).toBe(before)
  })
})

describe("the environment", () => {
  const keep = async (order: Order) => {
    const folder = join(bench.folder, `environment-${newWorkspace()}`)
    mkdirSync(folder)
    return ok(backend.keepEnvironment(order.workspace, folder))
  }

  test("of a workspace in which nothing was installed or changed has no difference", async () => {
    const order = await bench.running({ volumes: [{ name: "data", path: "/srv/data" }] }, {}, { TOKEN: "secret" })
    await bench.shell(order, "echo in the worktree > file; echo x > /srv/data/x")
    expect(await keep(order)).toBeUndefined()
    await ok(backend.stop(order.workspace, 1000))
    expect(await keep(order)).toBeUndefined()
  })

  test("is carried to another workspace: new, changed and removed files, owners, modes and links", async () => {
    const order = await bench.running()
    const change = `set -e
      mkdir -p /opt/tool/bin && printf 'tool' > /opt/tool/bin/tool && chmod 4755 /opt/tool/bin/tool && ln /opt/tool/bin/tool /opt/tool/bin/other
      ln -s bin/tool /opt/tool/link && chown -R 77:88 /opt/tool/bin
      echo changed >> /etc/bash.bashrc
      rm -r /usr/share/perl5 && rm /etc/debian_version
      rm -r /usr/lib/git-core && mkdir /usr/lib/git-core && echo new > /usr/lib/git-core/new
      mkdir -m 700 "/opt/ö '\\"x" && head -c 300000 /dev/zero > "/opt/ö '\\"x/$(printf 'n%.0s' $(seq 150))"
      mkfifo /opt/pipe
      useradd -m someone
      mkdir /opt/empty && chmod 711 /opt/empty`
    expect(await bench.shell(order, change, { user: "root", cwd: "/" })).toMatchObject({ exit: 0, stderr: "" })
    await bench.shell(order, "echo mine > ~/.mine")
    const look = `find /opt /etc/passwd /etc/group /etc/shadow /etc/bash.bashrc /etc/debian_version /usr/share/perl5 /usr/lib/git-core /home \\
      '!' -path /home/nexus '(' -type d -exec stat -c '%n %F %a %u %g' {} + -o -exec stat -c '%n %F %a %u %g %s %h %Y' {} + ')' 2>/dev/null | sort; tail -n 1 /etc/bash.bashrc`
    const before = (await bench.shell(order, look, { user: "root", cwd: "/" })).stdout
    await ok(backend.pause(order.workspace))
    const environment = await keep(order)
    await ok(backend.resume(order.workspace))
    if (environment === undefined) throw new Error("nothing was kept")
    const fork = await bench.running({}, { environment })
    const after = (await bench.shell(fork, look, { user: "root", cwd: "/" })).stdout
    expect(after).toBe(before)
    expect(after).not.toContain("debian_version")
    const bytes = execFileSync("zstd", ["-dc", environment.file], { maxBuffer: 2 ** 28 })
    expect(bytes.includes("PRIVATE KEY")).toBe(false)
  })

  test("of a fork differs from the image as much as that of its origin", async () => {
    const order = await bench.running()
    await bench.shell(order, "echo x > /opt/x; rm /etc/debian_version", { user: "root", cwd: "/" })
    const environment = await keep(order)
    if (environment === undefined) throw new Error("nothing was kept")
    const fork = await bench.running({}, { environment })
    const again = await keep(fork)
    if (again === undefined) throw new Error("nothing was kept")
    const other = await bench.running({}, { environment: again })
    expect((await bench.shell(other, "cat /opt/x; ls /etc/debian_version", { cwd: "/" })).stdout).toBe("x\n")
  })
})

describe("faults", () => {
  test("a container that was removed by hand is gone, and can be made again", async () => {
    const order = await bench.running()
    docker("rm", "-f", await handleOf(order))
    expect(await ok(backend.inspect(order.workspace))).toBeUndefined()
    expect(await failureOf(backend.start(order.workspace, {}))).toMatchObject({ kind: "gone" })
    await ok(backend.create(order, silent))
    expect(await ok(backend.start(order.workspace, {}))).toMatchObject({ state: "running" })
  })

  test("a container made by a step that was cut off before its keys were in is completed", async () => {
    const order = bench.order()
    await ok(backend.create(order, silent))
    const handle = await handleOf(order)
    // As if it had ended after the container was made: an empty file instead of ours.
    execFileSync("docker", ["cp", "/dev/null", `${handle}:/.nexus/start`])
    await ok(backend.create(order, silent))
    await ok(backend.start(order.workspace, {}))
    expect((await bench.run(order, ["echo", "works"])).stdout).toBe("works\n")
  })

  test("no engine, or one that does not answer: the reason, and what to do", async () => {
    const nowhere = dockerBackend("log-nowhere", { socketPath: join(bench.folder, "no.sock") })
    const failure = await failureOf(nowhere.list)
    expect(failure).toMatchObject({ _tag: "BackendUnavailable" })
    expect(failure.message).toMatch(/no engine is there\. Install and start Docker/)
    const dead = join(bench.folder, "dead.sock")
    const script = `const s = require("node:net").createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, "SIGKILL"))`
    await once(spawn(process.execPath, ["-e", script]), "exit")
    expect(await failureOf(dockerBackend("log-dead", { socketPath: dead }).list)).toMatchObject({
      _tag: "BackendUnavailable",
      reason: "the engine is not running"
    })
    const mute = join(bench.folder, "mute.sock")
    const server = createServer()
    await once(server.listen(mute), "listening")
    try {
      expect((await failureOf(dockerBackend("log-mute", { socketPath: mute }).probe)).message).toMatch(
        /did not answer within 3 s/
      )
    } finally {
      server.close()
    }
  })

  test("an image that is not here, with no way to it, is named with what to do", async () => {
    const order = bench.order({ image: { kind: "named", name: "registry.invalid/no/such:1" } })
    const failure = await failureOf(backend.create(order, silent))
    expect(failure).toMatchObject({ kind: "image-missing" })
    expect(failure.message).toMatch(/docker pull registry\.invalid\/no\/such:1.*docker load/)
  })

  test("an image with no shell is refused", async () => {
    execFileSync("sh", ["-c", "tar -c -T /dev/null | docker import - nexus-test-empty:1"])
    try {
      const order = bench.order({ image: { kind: "named", name: "nexus-test-empty:1" } })
      expect(await failureOf(backend.create(order, silent))).toMatchObject({ kind: "unsupported" })
      await ok(backend.remove(order.workspace, { volumes: true }))
    } finally {
      docker("rmi", "-f", "nexus-test-empty:1")
    }
  })
})

describe("a Dockerfile", () => {
  test("of the worktree is built by the engine, and what was built goes with the workspace", async () => {
    const order = bench.order({ image: { kind: "dockerfile", path: "docker/Dockerfile" } })
    mkdirSync(join(order.folder, "docker"))
    writeFileSync(join(order.folder, "docker/Dockerfile"), "FROM nexus-base:1\nENV FROM_IMAGE=yes\nCOPY data /data\n")
    writeFileSync(join(order.folder, "data"), "in the image")
    const words: Array<string> = []
    await ok(backend.create(order, (said) => words.push(said)))
    expect(words.join("\n")).toMatch(/COPY data/)
    await ok(backend.start(order.workspace, {}))
    expect((await bench.shell(order, "cat /data; printf %s $FROM_IMAGE")).stdout).toBe("in the imageyes")
    await ok(backend.remove(order.workspace, { volumes: true }))
    expect(docker("images", "-q", "--filter", `label=nexus.workspace=${order.workspace}`)).toBe("")
  })

  test("that is not there, or outside of the worktree, is refused", async () => {
    for (const path of ["Dockerfile", "../outside"]) {
      const order = bench.order({ image: { kind: "dockerfile", path } })
      expect(await failureOf(backend.create(order, silent))).toMatchObject({ kind: "refused" })
    }
  })
})
