/**
 * Before an agent runs a command in a workspace that can lose work, a checkpoint of its files is taken: by another process, for which
 * the hook waits a moment and no longer. A hook of any other command finds out by a look at its text that there is nothing to do.
 */
import { spawn } from "node:child_process"
import { relative, sep } from "node:path"
import * as Effect from "effect/Effect"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { riskIn } from "../../domain/workspace/Risk.ts"
import { legal, type Workspace } from "../../domain/workspace/Workspace.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { loadSafely } from "../Config.ts"
import { Nexus } from "../Nexus.ts"
import type { Agent, JsonObject } from "../ports/Agent.ts"

/** What the other process is told, on its stdin. `until`: milliseconds since 1970. */
export interface Guard {
  readonly workspaces: ReadonlyArray<string>
  readonly until: number
  readonly message: string
}

/** `warn` is told when it took too long. Never fails. */
export const protectStep = (name: string, payload: JsonObject, warn: (line: string) => void) =>
  Effect.gen(function* () {
    const { agents, home } = yield* Nexus
    const step = riskyStep(agents, name, payload)
    if (step === undefined) return
    const { agent, command, risk } = step
    const { database } = yield* EventLog
    const folder = agent.folder === undefined ? payload["cwd"] : agent.folder(payload)
    const cwd = typeof folder === "string" ? folder : ""
    const guarded = Rows.list(database).flatMap(({ workspace }) => {
      if (!legal[workspace.status].includes("checkpoint") || !isReached(workspace, command, cwd)) return []
      const { beforeRisk, patience } = loadSafely(home.config, workspace.repository).workspace
      return beforeRisk ? [{ id: workspace.id, patience }] : []
    })
    if (guarded.length === 0) return
    const patience = Math.min(...guarded.map((one) => one.patience))
    const isDone = yield* taken({ workspaces: guarded.map(({ id }) => id), patience, risk })
    if (!isDone) warn(`no checkpoint came about in ${patience / 1000} s before: ${risk.slice(0, 200)}`)
  }).pipe(Effect.catchAllCause(() => Effect.void))

/** The same for an agent inside of a workspace, of which this is known: whoever looks after it does this. Never fails. */
export const protectInside = (id: WorkspaceId, patience: number, name: string, payload: JsonObject) =>
  Effect.gen(function* () {
    const step = riskyStep((yield* Nexus).agents, name, payload)
    if (step !== undefined) yield* taken({ workspaces: [id], patience, risk: step.risk })
  }).pipe(Effect.catchAllCause(() => Effect.void))

/** What an agent is about to run, where it can lose work. */
const riskyStep = (agents: ReadonlyArray<Agent>, name: string, payload: JsonObject) => {
  const named = agents.find((one) => one.name === name)
  const host = named?.host?.(payload)
  const agent = agents.find((one) => one.name === host) ?? named
  const window = agent?.window(payload)
  if (agent === undefined || window?.phase !== "start" || window.command === undefined) return undefined
  const risk = riskIn(window.command)
  return risk === undefined ? undefined : { agent, command: window.command, risk }
}

/** It works in it, or names it. */
const isReached = ({ folder }: Workspace, command: string, cwd: string): boolean => {
  const way = relative(cwd, folder)
  return (
    cwd === folder || cwd.startsWith(folder + sep) || command.includes(folder) || (way !== "" && command.includes(way))
  )
}

interface Wanted {
  readonly workspaces: ReadonlyArray<WorkspaceId>
  /** Milliseconds. */
  readonly patience: number
  readonly risk: string
}

/** Whether it was taken in time. Whoever takes it goes on by itself, and knows when it is too late. */
const taken = ({ workspaces, patience, risk }: Wanted) =>
  Effect.flatMap(Nexus, ({ home, program }) => {
    const guard: Guard = { workspaces, until: Date.now() + patience, message: `before: ${risk.slice(0, 200)}` }
    return inTime([program.node, program.nexus, "--home", home.path, "workspace", "guard"], guard)
  })

const inTime = ([node = "", ...args]: ReadonlyArray<string>, guard: Guard) =>
  Effect.async<boolean>((resume) => {
    const child = spawn(node, args, { detached: true, stdio: ["pipe", "ignore", "ignore"] })
    const timer = setTimeout(() => end(false), guard.until - Date.now())
    const end = (isDone: boolean): void => {
      clearTimeout(timer)
      child.unref()
      resume(Effect.succeed(isDone))
    }
    child.once("error", () => end(false))
    child.once("exit", (code) => end(code === 0))
    child.stdin.on("error", () => undefined)
    child.stdin.end(JSON.stringify(guard))
    return Effect.sync(() => end(false))
  })
