/**
 * Workspaces as plain processes of this machine, in their worktree: for machines without an engine. It isolates nothing.
 *
 * What there is of one is a note in its folder of ours: nothing runs but what was started in it with `detach`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type Backend, BackendFailed, type Instance, type Order } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { activityOf } from "./Activity.ts"
import { copyHere, shellHere } from "./Here.ts"
import { readLog } from "./Logs.ts"
import { failed, gone, name, refused } from "./ProcessFailure.ts"
import { type Group, killGroup, listeningPorts, usageOf } from "./ProcessGroup.ts"
import { end, run } from "./Run.ts"

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
    present: Effect.void,
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
