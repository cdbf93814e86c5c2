/** A project's compose services beside a workspace, run by both versions of the Compose tool. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import type { Backend, Order, Publication } from "../../../src/app/ports/Backend.ts"
import { ssh } from "../../../src/domain/workspace/Ports.ts"
import { Bench, failureOf, freePort, gathering, newStep, newWorkspace, ok } from "./bench.ts"

const docker = (...args: ReadonlyArray<string>): string => execFileSync("docker", args, { encoding: "utf8" }).trim()
const silent = () => undefined

/** A server that says one line to whoever connects. */
const serve = `use IO::Socket; my ($port, $text) = @ARGV; $| = 1;
my $server = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $port, Listen => 5, ReuseAddr => 1) or die $!;
print "listening on $port\\n"; while (my $one = $server->accept) { print $one "$text\\n"; close $one }`

const project = {
  "compose.yaml": JSON.stringify({
    services: {
      db: {
        image: "nexus-base:1",
        init: true,
        container_name: "the-db",
        command: ["sh", "-c", 'cat /init/first >> /data/rows; exec perl /init/serve.pl 5432 "token=$$TOKEN"'],
        environment: { TOKEN: "${TOKEN:-none}", PLACE: "${NEXUS_WORKSPACE}" },
        ports: ["5432:5432", "127.0.0.1:6000-6001:6000-6001/udp"],
        volumes: ["data:/data", "./init:/init:ro", "./made:/made"],
        healthcheck: { test: ["CMD-SHELL", "grep -q :1538 /proc/net/tcp"], interval: "1s", retries: 60 },
        networks: { back: { aliases: ["postgres"] } },
        restart: "always"
      },
      web: {
        build: { context: ".", dockerfile: "init/Dockerfile" },
        image: "web:latest",
        init: true,
        command: [
          "sh",
          "-c",
          'exec perl /serve.pl 80 "$$(perl -MIO::Socket -e \'print IO::Socket::INET->new("db:5432")->getline\')"'
        ],
        ports: [{ target: 80, published: 8080 }],
        depends_on: { db: { condition: "service_healthy" } },
        networks: ["back"]
      }
    },
    volumes: { data: {} },
    networks: { back: {} }
  }),
  "init/first": "first\n",
  "init/serve.pl": serve,
  "init/Dockerfile": "FROM nexus-base:1\nCOPY init/serve.pl /serve.pl\n"
}

const write = (folder: string, files: Readonly<Record<string, string>>) => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

const lineOf = async (port: number): Promise<string> => {
  const socket = connect(port, "127.0.0.1")
  const [chunk] = (await once(socket, "data")) as [Buffer]
  socket.destroy()
  return chunk.toString("utf8").trim()
}

const tools = [["docker", "compose"], ["docker-compose"]] as const

describe.each(tools.map((tool) => [tool] as const))("beside a workspace, by %j", (tool) => {
  /** What does not depend on the tool is tried with the first of them. */
  const whichever = tool === tools[0] ? test : () => undefined

  let bench: Bench
  let backend: Backend
  let log: string

  beforeAll(() => {
    log = `log-${newWorkspace()}`
    backend = dockerBackend(log, undefined, { tools: [tool], patience: 4000 })
    bench = new Bench(backend)
  })
  afterAll(() => bench.close())

  /** With its ports as they would be reserved. */
  const prepared = async (
    files: Readonly<Record<string, string>>,
    spec: Partial<Order["spec"]> = {},
    say: (words: string) => void = silent
  ): Promise<Order> => {
    const order = bench.order({ compose: ["compose.yaml"], ...spec })
    write(order.folder, files)
    const reached = await ok(backend.prepare(order, say))
    const ports: Array<Publication> = []
    for (const { name, ...one } of [ssh, ...reached])
      ports.push({ ...one, service: name, host: "127.0.0.1", hostPort: await freePort() })
    return { ...order, ports }
  }
  const running = async (
    files: Readonly<Record<string, string>>,
    variables: Readonly<Record<string, string>> = {},
    spec: Partial<Order["spec"]> = {}
  ): Promise<Order> => {
    const order = await prepared(files, spec)
    await ok(backend.create(order, silent))
    await ok(backend.start(order.workspace, variables))
    return order
  }
  const simple = (service: object, more: object = {}) => ({
    "compose.yaml": JSON.stringify({ services: { db: { image: "nexus-base:1", init: true, ...service } }, ...more })
  })
  const states = async ({ workspace }: Order) =>
    (await ok(backend.companions(workspace))).map(({ name, state, health }) => [name, state, health])
  const portOf = ({ ports }: Order, service: string) => ports.find((one) => one.service === service)?.hostPort ?? 0
  const containerOf = ({ workspace }: Order, name: string) =>
    docker(
      "ps",
      "--all",
      "--quiet",
      "--filter",
      `label=nexus.workspace=${workspace}`,
      "--filter",
      `label=nexus.companion=${name}`
    )
  const refused = async (files: Readonly<Record<string, string>>, spec: Partial<Order["spec"]> = {}) => {
    const order = bench.order({ compose: ["compose.yaml"], ...spec })
    write(order.folder, files)
    const failure = await failureOf(backend.prepare(order, silent))
    return failure.message
  }

  describe("its services", () => {
    const secret = "the-value-of-a-secret"
    let order: Order
    beforeAll(async () => {
      order = await running(project, { TOKEN: secret }, { variables: { TOKEN: { fromEnvironment: "TOKEN" } } })
    }, 120_000)

    test("are found inside by all their names, and out here on ports of ours", async () => {
      expect(order.ports.map(({ service, port, protocol }) => [service, port, protocol])).toEqual([
        ["ssh", 22, "tcp"],
        ["db-5432", 5432, "tcp"],
        ["db-6000", 6000, "udp"],
        ["db-6001", 6001, "udp"],
        ["web", 80, "tcp"]
      ])
      const script = 'for (@ARGV) { print IO::Socket::INET->new("$_:5432")->getline }'
      const asked = await bench.run(order, ["perl", "-MIO::Socket", "-e", script, "db", "postgres", "the-db"])
      expect(asked).toMatchObject({ exit: 0, stdout: `token=${secret}\n`.repeat(3) })
      // It was not started before the one that it waits for was healthy.
      expect(await lineOf(portOf(order, "web"))).toBe(`token=${secret}`)
      expect(docker("port", containerOf(order, "db"), "5432")).toBe(`127.0.0.1:${portOf(order, "db-5432")}`)
    })

    test("have their folders from the worktree; one that was not there belongs to the worktree's owner", async () => {
      expect(docker("exec", containerOf(order, "db"), "cat", "/data/rows")).toBe("first")
      expect(statSync(join(order.folder, "made")).uid).toBe(bench.owner.uid)
    })

    test("are told of, with what listens in them", async () => {
      const [db, web] = await ok(backend.companions(order.workspace))
      expect(db).toMatchObject({ name: "db", state: "running", health: "healthy" })
      expect(db?.listening).toContainEqual({ port: 5432, protocol: "tcp" })
      expect(web).toMatchObject({ name: "web", state: "running", listening: [{ port: 80, protocol: "tcp" }] })
      const [stdout, stderr] = [gathering(), gathering()]
      const to = { stdout: stdout.stream, stderr: stderr.stream }
      await ok(backend.logs(order.workspace, { follow: false, tail: undefined, companion: "db" }, to))
      expect(stdout.read()).toBe("listening on 5432\n")
      const unknown = backend.logs(order.workspace, { follow: false, tail: undefined, companion: "no" }, to)
      expect((await failureOf(unknown)).message).toContain("There are: db, web.")
    })

    test("are made from a file that only we can read, and that holds no secret", () => {
      const file = join(order.own, "compose.json")
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file, "utf8")).not.toContain(secret)
      expect(docker("inspect", `nexus-${order.workspace.slice(3)}-compose:web`)).not.toContain(secret)
    })

    test("stop, start, pause and go on with it, and stay the same ones", async () => {
      const before = containerOf(order, "db")
      docker("exec", before, "sh", "-c", "echo kept > /inner")
      await ok(backend.pause(order.workspace))
      expect((await states(order)).map(([, state]) => state)).toEqual(["paused", "paused"])
      await ok(backend.resume(order.workspace))
      await ok(backend.stop(order.workspace, 1000))
      expect((await states(order)).map(([, state]) => state)).toEqual(["stopped", "stopped"])
      await ok(backend.start(order.workspace, { TOKEN: secret }))
      expect((await states(order)).map(([, state]) => state)).toEqual(["running", "running"])
      expect(containerOf(order, "db")).toBe(before)
      expect(docker("exec", before, "cat", "/inner")).toBe("kept")
    })

    test("keep what is in them when the workspace's own container is made again, and take other ports", async () => {
      const before = containerOf(order, "web")
      await ok(backend.remove(order.workspace, { volumes: false }))
      expect((await ok(backend.list)).map(({ workspace }) => workspace)).toContain(order.workspace)
      const moved = await freePort()
      const ports = order.ports.map((port) => (port.service === "web" ? { ...port, hostPort: moved } : port))
      await ok(backend.create({ ...order, step: newStep(), ports }, silent))
      expect(containerOf(order, "web")).toBe(before)
      await ok(backend.start(order.workspace, { TOKEN: secret }))
      expect(await lineOf(moved)).toBe(`token=${secret}`)
      expect(docker("exec", containerOf(order, "db"), "cat", "/inner")).toBe("kept")
      expect(docker("exec", containerOf(order, "db"), "sort", "-u", "/data/rows")).toBe("first")
    })

    test("have their volumes kept and put back", async () => {
      await ok(backend.stop(order.workspace, 1000))
      const folder = join(order.own, "kept")
      mkdirSync(folder, { recursive: true })
      const kept = await ok(backend.keepVolumes(order.workspace, folder))
      expect(kept.map(({ volume }) => volume)).toEqual(["compose/data"])
      const volume = `nexus-${order.workspace.slice(3)}-compose-data`
      const look = (script: string) =>
        docker("run", "--rm", "--volume", `${volume}:/data`, "--entrypoint", "sh", "nexus-base:1", "-c", script)
      look("echo other > /data/rows; echo more > /data/more")
      await ok(backend.restoreVolumes(order.workspace, kept))
      expect(look("ls /data; sort -u /data/rows")).toBe("rows\nfirst")
    })

    test("are gone with it, with their volumes, images and network", async () => {
      await ok(backend.remove(order.workspace, { volumes: true }))
      const filter = ["--filter", `label=nexus.workspace=${order.workspace}`, "--quiet"]
      for (const kind of [["ps", "--all"], ["volume", "ls"], ["network", "ls"], ["images"]])
        expect(docker(...kind, ...filter)).toBe("")
    })
  })

  whichever("of which nobody else's are left: what is left of them alone is still told of", async () => {
    const order = await running(simple({ command: ["sleep", "600"] }))
    docker("rm", "--force", (await ok(backend.inspect(order.workspace)))?.handle ?? "")
    expect(await ok(backend.inspect(order.workspace))).toBeUndefined()
    expect((await ok(backend.list)).map(({ workspace }) => workspace)).toContain(order.workspace)
    await ok(backend.remove(order.workspace, { volumes: true }))
    expect((await ok(backend.list)).map(({ workspace }) => workspace)).not.toContain(order.workspace)
  })

  test("say which port is taken", async () => {
    const order = await prepared(simple({ command: ["sleep", "600"], ports: ["80"] }))
    await ok(backend.create(order, silent))
    const server = createServer().listen(portOf(order, "db"), "127.0.0.1")
    await once(server, "listening")
    try {
      expect(await failureOf(backend.start(order.workspace, {}))).toMatchObject({
        kind: "port-taken",
        port: portOf(order, "db")
      })
    } finally {
      server.close()
    }
    await ok(backend.start(order.workspace, {}))
  })

  test("that do not become healthy are named, with the end of what they printed, but no secret", async () => {
    const check = { test: ["CMD-SHELL", "echo no database; exit 1"], interval: "1s", retries: 1 }
    const command = ["sh", "-c", "echo opening $TOKEN; exec sleep 600"].map((one) => one.replace("$", "$$"))
    const files = simple({ command, environment: ["TOKEN"], healthcheck: check })
    const order = await prepared(files, { variables: { TOKEN: { fromEnvironment: "TOKEN" } } })
    await ok(backend.create(order, silent))
    const { message } = await failureOf(backend.start(order.workspace, { TOKEN: "a-secret" }))
    expect(message).toContain("db is not healthy")
    expect(message).toContain("no database")
    expect(message).toContain("opening [TOKEN]")
  })

  whichever("have a limit to the time they take to become healthy", async () => {
    const files = simple({
      command: ["sleep", "600"],
      healthcheck: { test: ["CMD", "false"], interval: "1s", retries: 600 }
    })
    const order = await prepared(files)
    await ok(backend.create(order, silent))
    expect((await failureOf(backend.start(order.workspace, {}))).message).toContain("db was not healthy within 4 s")
  })

  test("that another one waits for and that end are named", async () => {
    const order = await prepared({
      "compose.yaml": JSON.stringify({
        services: {
          db: {
            image: "nexus-base:1",
            command: ["sh", "-c", "echo no space; exit 3"],
            healthcheck: { test: ["CMD", "true"], interval: "1s" }
          },
          web: {
            image: "nexus-base:1",
            command: ["sleep", "600"],
            depends_on: { db: { condition: "service_healthy" } }
          }
        }
      })
    })
    await ok(backend.create(order, silent))
    const { message } = await failureOf(backend.start(order.workspace, {}))
    expect(message).toContain("db ended with 3:")
    expect(message).toContain("no space")
  })

  whichever("are as the files were when it was made, whatever became of these", async () => {
    const order = await prepared(simple({ command: ["sleep", "600"] }))
    write(order.folder, simple({ command: ["sleep", "600"], privileged: true, image: "other:1" }))
    await ok(backend.create(order, silent))
    await ok(backend.start(order.workspace, {}))
    expect(
      docker("inspect", "--format", "{{.HostConfig.Privileged}} {{.Config.Image}}", containerOf(order, "db"))
    ).toBe("false nexus-base:1")
  })

  whichever("are not started with a mount that somebody inside has turned into a way out", async () => {
    const order = await running(simple({ command: ["sleep", "600"], volumes: ["./data:/data"] }))
    await ok(backend.stop(order.workspace, 1000))
    rmSync(join(order.folder, "data"), { recursive: true })
    symlinkSync("/etc", join(order.folder, "data"))
    const failure = await failureOf(backend.start(order.workspace, {}))
    expect(failure).toMatchObject({ kind: "refused" })
    expect(failure.message).toContain("leads out of the worktree")
  })

  test("of several files are put together, with .env and values of the workspace's, and nothing of who runs it", async () => {
    process.env["NEXUS_TEST_CREDENTIAL"] = "mine"
    const order = await running(
      {
        ...simple({
          command: ["sleep", "600"],
          environment: { A: "${A}", B: "${B}", C: "${NEXUS_TEST_CREDENTIAL:-none}" }
        }),
        "more.yaml": JSON.stringify({ services: { db: { environment: { D: "4" } } } }),
        ".env": "A=1\n"
      },
      {},
      { compose: ["compose.yaml", "more.yaml"], variables: { B: { value: "2$2" } } }
    )
    delete process.env["NEXUS_TEST_CREDENTIAL"]
    expect(docker("exec", containerOf(order, "db"), "sh", "-c", "echo $A $B $C $D")).toBe("1 2$2 none 4")
  })

  whichever("are refused with all that is wrong at once", async () => {
    const message = await refused({
      "compose.yaml": JSON.stringify({
        services: {
          a: { image: "x", privileged: true, volumes: ["/var/run/docker.sock:/run/docker.sock"] },
          b: { image: "x", network_mode: "host", devices: ["/dev/null:/dev/null"] }
        }
      })
    })
    for (const words of ["a: privileged", "a: /var/run/docker.sock", "b: network_mode: host", "b: devices"])
      expect(message).toContain(words)
  })

  test("are refused where there is nothing to read, what is no compose file, and without a network", async () => {
    expect(await refused({})).toContain("there is no such file in the worktree")
    expect(await refused({ "compose.yaml": "services: [" })).toContain(tool.join(" "))
    expect(await refused({ "compose.yaml": "services: {}\n" })).toMatch(/no services|does not take them/)
    expect(await refused(simple({}), { network: "none" })).toContain("need a network")
    expect(await refused(simple({ env_file: "../x" }))).toContain("only files of the worktree can be read")
  })

  whichever("whose image is not here and can't be fetched are named with what to do", async () => {
    const order = await prepared(simple({ image: "localhost:1/not-here:1" }))
    const failure = await failureOf(backend.create(order, silent))
    expect(failure).toMatchObject({ kind: "image-missing" })
    expect(failure.message).toContain("docker pull localhost:1/not-here:1")
  })

  whichever("leave nothing in the worktree but the folders that they mount", async () => {
    const order = await prepared(simple({ command: ["true"], volumes: ["./data:/data"] }))
    expect(existsSync(join(order.folder, "data"))).toBe(false)
    await ok(backend.create(order, silent))
    expect(existsSync(join(order.folder, "data"))).toBe(true)
  })
})

describe("without a Compose tool", () => {
  test("what to install is said", async () => {
    const backend = dockerBackend(`log-${newWorkspace()}`, undefined, { tools: [["no-such-compose"]] })
    const bench = new Bench(backend)
    const order = bench.order({ compose: ["compose.yaml"] })
    write(order.folder, { "compose.yaml": "services: { a: { image: x } }\n" })
    const failure = await failureOf(backend.prepare(order, silent))
    expect(failure).toMatchObject({ kind: "unsupported" })
    expect(failure.message).toContain("Install it: docker-compose-plugin")
    await bench.close()
  })
})
