/** Workspaces: what the user waits for, each beside the same work by hand with docker, ssh and git. */
import { spawnSync } from "node:child_process"
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs"
import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { once } from "node:events"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Live from "../src/cli/Live.ts"
import type { ProjectId } from "../src/domain/Ids.ts"
import { WorkspaceId, type WorkspaceName, workspaceStream } from "../src/domain/workspace/Ids.ts"
import { allocate, range, ssh } from "../src/domain/workspace/Ports.ts"
import { EventLog } from "../src/events/EventLog.ts"
import * as Home from "../src/events/Home.ts"
import type { Bench } from "./Bench.ts"
import { environment, launch } from "./processes.ts"
import { absolute, median, type Result, time } from "./Result.ts"

export const names = {
  list: "workspace list, 200 workspaces",
  allocate: "allocate a port, 2,000 taken",
  create: "workspace create to SSH-ready",
  fork: "workspace fork to SSH-ready",
  execute: "workspace exec true",
  environment: "checkpoint, 100 MB changed in the container"
}

const image = "nexus-base:1"

/** Engine off: the log alone is asked. */
export const list = async (bench: Bench): Promise<Result> => {
  const { folder, repository, nexus } = project(bench)
  const known = JSON.parse(nexus("workspace", "create", "first", "--backend", "process", "--json")) as Known
  await fill(join(folder, "home"), known, 199)
  if ((JSON.parse(nexus("workspace", "list", "--json")) as { items: Array<unknown> }).items.length !== 200)
    throw new Error("There are not 200 workspaces")
  const job = (...args: ReadonlyArray<string>) => ({
    file: process.execPath,
    args: [bench.program, ...args],
    inputs: [],
    cwd: repository,
    env: { ...environment(folder), NEXUS_HOME: join(folder, "home"), DOCKER_HOST: "unix:///nowhere.sock" }
  })
  const [ours = [], floor = []] = launch(bench, { runs: 41, jobs: [job("workspace", "list"), job("--version")] })
  return time(names.list, "ms", median(ours), median(floor), 1.5)
}

/** The worst there is: all that is free lies behind all that is taken. */
export const allocation = (): Result => {
  const taken = new Set(Array.from({ length: 2000 }, (_, index) => range.first + index))
  const took = Array.from({ length: 1000 }, () => {
    const started = performance.now()
    const [port] = allocate(taken, [ssh]) ?? []
    if (port?.hostPort !== range.first + 2000) throw new Error(`allocated ${port?.hostPort}`)
    return performance.now() - started
  })
  return absolute(names.allocate, "ms", median(took), 1, median(took) <= 1)
}

/** The whole of `nexus workspace create` and the first `ssh true`, and the like for a fork of one with some files of its own. */
export const creation = async (bench: Bench): Promise<ReadonlyArray<Result>> => {
  const { folder, repository, nexus } = project(bench)
  const key = join(folder, "key")
  run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], folder)
  const took = { create: [] as Array<number>, fork: [] as Array<number>, floor: [] as Array<number> }
  const config = join(folder, "ssh_config")
  const reach = (name: string) => {
    const told = JSON.parse(nexus("workspace", "ssh-config", name, "--json")) as { items: Array<{ config: string }> }
    const text = told.items[0]?.config ?? ""
    writeFileSync(config, text)
    const [, host = ""] = /^Host (\S+)/m.exec(text) ?? []
    return () => run(["ssh", "-F", config, host, "true"], folder)
  }
  nexus("workspace", "create", "origin", "--backend", "docker")
  nexus("workspace", "exec", "origin", "--", "sh", "-c", "echo kept > kept.txt")
  nexus("workspace", "checkpoint", "create", "origin", "--name", "kept")
  try {
    for (let round = 0; round < rounds(bench); round++) {
      const timed = (list: Array<number>, make: () => void, name: string) => {
        const making = clock(make)
        const first = reach(name)
        list.push(making + clock(first))
        nexus("workspace", "delete", name, "--force")
      }
      timed(took.create, () => nexus("workspace", "create", "made", "--backend", "docker"), "made")
      took.floor.push(await byHand(key, folder, repository))
      timed(took.fork, () => nexus("workspace", "checkpoint", "fork", "origin", "kept", "forked"), "forked")
    }
  } finally {
    nexus("workspace", "delete", "origin", "--force")
  }
  const create = median(took.create)
  // 150 ms more may be added to the floor: what the record, the worktree and the network cost.
  return [
    { ...time(names.create, "ms", create, median(took.floor), 1.2), met: create <= 1.2 * median(took.floor) + 150 },
    time(names.fork, "ms", median(took.fork), create, 1.5)
  ]
}

/** `docker create` and `start`, then `ssh` until it answers. */
const byHand = async (key: string, folder: string, repository: string): Promise<number> => {
  const port = await freePort()
  const name = `nexus-bench-${process.pid}`
  const start =
    "mkdir -p /run/sshd /root/.ssh && ssh-keygen -q -A && cp /key.pub /root/.ssh/authorized_keys && exec /usr/sbin/sshd -D"
  const options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
  try {
    return clock(() => {
      const mounts = ["-v", `${key}.pub:/key.pub:ro`, "-v", `${repository}:/work`]
      const made = ["docker", "create", "--init", "--name", name, ...mounts, "-p", `127.0.0.1:${port}:22`, image]
      run([...made, "sh", "-c", start], folder)
      run(["docker", "start", name], folder)
      const login = ["-i", key, ...options, "-p", String(port), "root@127.0.0.1", "true"]
      while (spawnSync("ssh", login).status !== 0);
    })
  } finally {
    run(["docker", "rm", "-f", name], folder)
  }
}

export const execution = (bench: Bench): Result => {
  const { folder, repository, nexus } = project(bench)
  nexus("workspace", "create", "made", "--backend", "docker")
  try {
    const job = (file: string, ...args: ReadonlyArray<string>) => ({
      file,
      args,
      inputs: [],
      cwd: repository,
      env: { ...environment(folder), NEXUS_HOME: join(folder, "home") }
    })
    const [ours = [], version = [], docker = []] = launch(bench, {
      runs: bench.quick ? 15 : 41,
      jobs: [
        job(process.execPath, bench.program, "workspace", "exec", "made", "--", "true"),
        job(process.execPath, bench.program, "--version"),
        job("docker", "exec", containerOf(nexus), "true")
      ]
    })
    return time(names.execute, "ms", median(ours), median(version) + median(docker), 1.2)
  } finally {
    nexus("workspace", "delete", "made", "--force")
  }
}

export const environmentDelta = (bench: Bench): Result => {
  const { folder, nexus } = project(bench)
  nexus("workspace", "create", "made", "--backend", "docker")
  const [ours, floor]: [Array<number>, Array<number>] = [[], []]
  try {
    const container = containerOf(nexus)
    const file = join(folder, "random")
    for (let round = 0; round < rounds(bench); round++) {
      writeRandom(file, 100)
      run(["docker", "cp", "--quiet", file, `${container}:/opt/random`], folder)
      const keep = () => ours.push(clock(() => nexus("workspace", "checkpoint", "create", "made")))
      const commit = () => floor.push(clock(() => run(["docker", "commit", container, tag], folder)))
      if (round % 2 === 0) keep()
      commit()
      if (round % 2 === 1) keep()
      run(["docker", "rmi", tag], folder)
    }
  } finally {
    nexus("workspace", "delete", "made", "--force")
  }
  return time(names.environment, "ms", median(ours), median(floor), 1)
}

const tag = `nexus-bench:${process.pid}`

const rounds = (bench: Bench): number => (bench.quick ? 5 : 15)

type Nexus = (...args: ReadonlyArray<string>) => string

interface Known {
  readonly id: string
  readonly project: string
  readonly repository: string
  readonly commit: string
  readonly spec: object
}

/** A repository with one commit, and a Nexus of its own. */
const project = (bench: Bench): { readonly folder: string; readonly repository: string; readonly nexus: Nexus } => {
  const folder = bench.folder()
  const repository = join(folder, "repository")
  mkdirSync(repository)
  writeFileSync(join(repository, "a.txt"), "one\n")
  const git = (...args: ReadonlyArray<string>) =>
    run(["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], repository)
  git("init", "--quiet", "--initial-branch=main")
  git("add", "--all")
  git("commit", "--quiet", "--message", "First")
  const nexus = (...args: ReadonlyArray<string>) =>
    run([process.execPath, bench.program, ...args], repository, {
      ...environment(folder),
      NEXUS_HOME: join(folder, "home")
    })
  return { folder, repository, nexus }
}

const containerOf = (nexus: Nexus): string => {
  const { id } = JSON.parse(nexus("workspace", "show", "made", "--json")) as Known
  return run(["docker", "ps", "--quiet", "--filter", `label=nexus.workspace=${id}`], "/").trim()
}

/** As many more workspaces as the log would have them, with a port each; nothing is made. */
const fill = (home: string, like: Known, count: number): Promise<void> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.append(
      Array.from({ length: count }, (_, index) => {
        const workspace = WorkspaceId.make(`ws_${(index + 1).toString(16).padStart(16, "0")}`)
        const name = `feat-${index}` as WorkspaceName
        const folder = join(like.repository, ".worktree", name)
        const spec = { backend: "process", image: { kind: "base" }, limits: {}, services: [], volumes: [] } as const
        const rest = { variables: {}, network: "own", nested: false } as const
        const port = { service: "web", host: "127.0.0.1", hostPort: range.first + index, port: 3000 }
        return {
          stream: workspaceStream(workspace),
          project: like.project as ProjectId,
          actor: { kind: "human" as const, name: "bench" },
          events: [
            {
              type: "WorkspaceRequested",
              payload: {
                workspace,
                name,
                repository: like.repository,
                folder,
                branch: `nexus/${name}`,
                base: "HEAD",
                commit: like.commit,
                spec: { ...spec, ...rest }
              }
            },
            { type: "WorkspacePortReserved", payload: { workspace, protocol: "tcp", ...port } },
            { type: "WorkspaceStarted", payload: { workspace } }
          ]
        }
      })
    )
  }).pipe(Effect.provide(Live.log(Home.at(home))), Effect.runPromise)

const clock = (work: () => unknown): number => {
  const started = performance.now()
  work()
  return performance.now() - started
}

const run = (
  [file = "", ...args]: ReadonlyArray<string>,
  cwd: string,
  env: NodeJS.ProcessEnv = process.env
): string => {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, env, encoding: "utf8" })
  if (status !== 0) throw new Error(`${file} ${args.join(" ")}: ${error?.message ?? stderr}`)
  return stdout
}

const writeRandom = (file: string, megabytes: number): void => {
  const descriptor = openSync(file, "w")
  for (let count = 0; count < megabytes; count++) writeSync(descriptor, randomBytes(1024 * 1024))
  closeSync(descriptor)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
