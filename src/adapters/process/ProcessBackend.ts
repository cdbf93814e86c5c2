/**
 * Workspaces as plain processes of this machine, in their worktree: for machines without an engine. It isolates nothing.
 *
 * What there is of one is a note in its folder of ours: nothing runs but what was started in it with `detach`.
 */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import type { Backend, Ended, Execution, Instance, Order } from "../../app/ports/Backend.ts"
import { BackendFailed } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { processMark } from "../../events/processMark.ts"
import { copyHere, shellHere } from "./Here.ts"
import { readLog } from "./Logs.ts"
import { activityOf } from "./Activity.ts"
import {
  type Group,
  killGroup,
  killTagged,
  listeningPorts,
  signalNumbers,
  tagVariable,
  usageOf
} from "./ProcessGroup.ts"

export const name = "process"

interface Note {
  readonly order: Pick<Order, "workspace" | "step" | "name" | "folder" | "ports">
  readonly state: Instance["state"]
  readonly startedAt?: number
  /** Leaders of process groups that go on by themselves. */
  readonly groups: ReadonlyArray<Group>
}

/** `folder`: where each workspace has a folder of ours. */
export const make = (folder: string): Backend => {
  const file = (workspace: string) => join(folder, workspace, "process.json")
  const output = (workspace: string) => join(folder, workspace, "output.log")
  // Never written down: they may be secrets. Whoever runs something from another process gives them again.
  const given = new Map<string, Readonly<Record<string, string>>>()
  const attempt = <A>(operation: string, body: () => A): Effect.Effect<A, BackendFailed> =>
    Effect.try({ try: body, catch: (cause) => failed(operation, cause) })

  const read = (workspace: string): Note | undefined => {
    try {
      return JSON.parse(readFileSync(file(workspace), "utf8")) as Note
    } catch {
      return undefined
    }
  }
  const write = (note: Note): Instance => {
    const path = file(note.order.workspace)
    mkdirSync(join(folder, note.order.workspace), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(note), { mode: 0o600 })
    renameSync(`${path}.${process.pid}`, path)
    return instanceOf(note)
  }
  const change = (operation: string, workspace: WorkspaceId, how: (note: Note) => Note) =>
    Effect.flatMap(
      attempt(operation, () => read(workspace)),
      (note) => (note === undefined ? gone(operation) : attempt(operation, () => write(how(note))))
    )
  const signal = (workspace: WorkspaceId, operation: string, how: NodeJS.Signals, state: Instance["state"]) =>
    change(operation, workspace, (note) => {
      for (const group of note.groups) killGroup(group, how)
      return { ...note, state }
    })

  const put = (order: Order) =>
    attempt("create", () => {
      const { workspace, step, name, folder, ports } = order
      const known = read(workspace)
      return write({
        order: { workspace, step, name, folder, ports },
        state: known?.state ?? "created",
        groups: known?.groups ?? []
      })
    })

  return {
    name,
    isolates: false,
    here: {
      copy: copyHere,
      shell: (workspace, options) =>
        Effect.flatMap(
          attempt("shell", () => read(workspace)),
          (note) =>
            note === undefined
              ? gone("shell")
              : shellHere(note.order.folder, options, (cause) => failed("shell", cause))
        )
    },
    probe: Effect.succeed({
      version: process.version,
      notes: ["does not isolate: programs run as you, with all that you can reach"]
    }),
    prepare: ({ spec }) =>
      spec.compose === undefined
        ? Effect.succeed([])
        : Effect.fail(
            new BackendFailed({
              backend: name,
              operation: "read the compose files",
              kind: "unsupported",
              detail: "Services of compose files run in containers, which this backend has not.",
              advice: "Take --backend docker."
            })
          ),
    create: put,
    start: (workspace, variables) => {
      const wrong = Object.keys(variables).find((one) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(one))
      if (wrong !== undefined) return refused("start", `${JSON.stringify(wrong)} is no name of a variable.`)
      return change("start", workspace, (note) => {
        given.set(workspace, variables)
        return { ...note, state: "running", startedAt: note.startedAt ?? Date.now() }
      })
    },
    stop: (workspace, grace) =>
      Effect.gen(function* () {
        const note = yield* attempt("stop", () => read(workspace))
        if (note === undefined) return yield* gone("stop")
        for (const group of note.groups) killGroup(group, "SIGCONT")
        yield* Effect.forEach(note.groups, (group) => end(group, grace), { concurrency: "unbounded", discard: true })
        const { startedAt: _, ...rest } = note
        return yield* attempt("stop", () => write({ ...rest, groups: [], state: "stopped" }))
      }),
    pause: (workspace) => signal(workspace, "pause", "SIGSTOP", "paused"),
    resume: (workspace) => signal(workspace, "resume", "SIGCONT", "running"),
    tidy: () => Effect.void,
    remove: (workspace) =>
      Effect.gen(function* () {
        const note = yield* attempt("remove", () => read(workspace))
        for (const group of note?.groups ?? []) {
          killGroup(group, "SIGCONT")
          yield* end(group, 2000)
        }
        yield* attempt("remove", () => {
          for (const path of [file(workspace), output(workspace)]) rmSync(path, { force: true })
        })
      }),
    inspect: (workspace) =>
      attempt("inspect", () => {
        const note = read(workspace)
        return note === undefined ? undefined : instanceOf(note)
      }),
    list: attempt("list", () =>
      (existsSync(folder) ? readdirSync(folder) : []).flatMap((workspace) => {
        const note = read(workspace)
        return note === undefined ? [] : [instanceOf(note)]
      })
    ),
    execute: (workspace, execution) =>
      Effect.gen(function* () {
        const note = yield* attempt("execute", () => read(workspace))
        if (note === undefined) return yield* gone("execute")
        if (note.state !== "running")
          return yield* refused("execute", `it is ${note.state}.`, "Start it: nexus workspace start NAME")
        const where = execution.cwd ?? note.order.folder
        if (execution.cwd !== undefined && !existsSync(where)) {
          execution.stderr.write(`${where}: there is no such folder\n`)
          return { exit: 126, timedOut: false, durationMs: 0 }
        }
        const variables = { ...given.get(workspace), ...execution.variables }
        const { group, ended } = yield* attempt("execute", () =>
          run(where, { ...execution, variables }, output(workspace))
        )
        if (execution.detach !== true) return yield* ended
        yield* change("execute", workspace, (now) => ({ ...now, groups: [...now.groups, group] }))
        return { exit: null, timedOut: false, durationMs: 0 }
      }),
    route: () =>
      Effect.succeed({ kind: "none", reason: "the process backend runs on this machine: use nexus workspace exec" }),
    logs: (workspace, options, { stdout }) =>
      readLog(output(workspace), options, stdout, () => read(workspace)?.state === "running"),
    usage: (workspace) => attempt("usage", () => usageOf(read(workspace)?.groups ?? [])),
    activity: (workspace) =>
      attempt("activity", () => {
        const note = read(workspace)
        const hostPorts = note?.order.ports.map(({ hostPort }) => hostPort) ?? []
        return activityOf(note?.groups ?? [], new Set(hostPorts))
      }),
    listening: (workspace) => attempt("listening", () => listeningPorts(read(workspace)?.groups ?? [])),
    companions: () => Effect.succeed([]),
    keepEnvironment: () => Effect.succeed(undefined),
    keepVolumes: () => Effect.succeed([]),
    restoreVolumes: () => Effect.void
  }
}

const instanceOf = ({ order, state, startedAt }: Note): Instance => ({
  workspace: order.workspace,
  step: order.step,
  handle: order.folder,
  state,
  ports: order.ports,
  limits: {},
  ...(startedAt === undefined ? {} : { startedAt })
})

/** `log`: where the output goes of what is detached. */
const run = (
  cwd: string,
  { command, variables, stdin, stdout, stderr, timeout, detach }: Omit<Execution, "cwd">,
  log: string
) => {
  const [program, ...args] = command
  const began = performance.now()
  const tag = randomBytes(8).toString("hex")
  const kept = detach === true ? openSync(log, "a", 0o600) : undefined
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...variables, [tagVariable]: tag },
    // A group of its own, so that all that it starts can be ended with it.
    detached: true,
    stdio: kept === undefined ? [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"] : ["ignore", kept, kept]
  })
  if (kept !== undefined) closeSync(kept)
  if (detach === true) child.unref()
  const group: Group = { pid: child.pid ?? 0, mark: processMark(child.pid ?? 0) }
  const ended = Effect.async<Ended, BackendFailed>((resume) => {
    let timedOut = false
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            killGroup(group, "SIGKILL")
            killTagged(tag)
          }, timeout)
    const streams = Promise.allSettled([
      child.stdout === null ? undefined : pipeline(child.stdout, stdout, { end: false }),
      child.stderr === null ? undefined : pipeline(child.stderr, stderr, { end: false })
    ])
    if (stdin !== undefined && child.stdin !== null)
      // It may end before it has read everything.
      pipeline(stdin, child.stdin).catch(() => undefined)
    child.once("error", (cause) => {
      clearTimeout(timer)
      const missing = "code" in cause && cause.code === "ENOENT"
      resume(
        missing && existsSync(cwd)
          ? Effect.succeed({ exit: 127, timedOut: false, durationMs: Math.round(performance.now() - began) }).pipe(
              Effect.tap(() => Effect.sync(() => stderr.write(`${program}: command not found\n`)))
            )
          : Effect.fail(failed("execute", cause))
      )
    })
    child.once("exit", (code, signal) => {
      clearTimeout(timer)
      const exit = code ?? 128 + (signalNumbers[signal ?? "SIGKILL"] ?? 9)
      void streams.then(() =>
        resume(Effect.succeed({ exit, timedOut, durationMs: Math.round(performance.now() - began) }))
      )
    })
    return Effect.sync(() => {
      clearTimeout(timer)
      killGroup(group, "SIGTERM")
    })
  })
  return { group, ended }
}

/** Politely, then by force. */
const end = (group: Group, grace: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const until = Date.now() + grace
    const look = (): void => {
      if (!killGroup(group, Date.now() < until ? "SIGTERM" : "SIGKILL")) return resume(Effect.void)
      timer = setTimeout(look, 50)
    }
    let timer = setTimeout(look, 0)
    return Effect.sync(() => clearTimeout(timer))
  })

const failed = (operation: string, cause: unknown): BackendFailed =>
  new BackendFailed({
    backend: name,
    operation,
    kind: cause instanceof Error && "code" in cause && cause.code === "ENOSPC" ? "no-space" : "failed",
    detail: cause instanceof Error ? cause.message : String(cause)
  })

const refused = (operation: string, detail: string, advice?: string) =>
  new BackendFailed({
    backend: name,
    operation,
    kind: "refused",
    detail,
    ...(advice === undefined ? {} : { advice })
  })

const gone = (operation: string) =>
  new BackendFailed({
    backend: name,
    operation,
    kind: "gone",
    detail: "there is nothing of this workspace here.",
    advice: "Put it right: nexus workspace repair NAME"
  })
