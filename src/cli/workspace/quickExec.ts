/**
 * `nexus workspace exec NAME -- COMMAND …` without the command line's machinery, the log and the engine's library, which take longer to
 * load than most commands to run: an ordinary command in a container that runs. Whatever is out of the ordinary is left to exec.ts, before
 * anything was run. It is built into one file, as the hook is. What ran is delivered to the spool, from which the next `nexus` records it.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { callerIn } from "../../adapters/agents/Callers.ts"
import { localSocket } from "../../adapters/docker/LocalEngine.ts"
import { passOn, prepareCommand, startCommand } from "../../adapters/docker/LocalExecute.ts"
import { measured, unreadExit } from "../../app/workspaces/Measured.ts"
import { isKept } from "../../app/workspaces/keep/KeeperLock.ts"
import { portVariables } from "../../app/workspaces/PortVariables.ts"
import { authorOf, mostWaiting, type RanDelivery, sender, shownCommand } from "../../app/workspaces/RanDelivery.ts"
import { noteUse } from "../../app/workspaces/UseNotes.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { type Home, locate } from "../../events/Home.ts"
import { deliverFile } from "../../events/SpoolFile.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { type Globals, takeGlobals } from "../takeGlobals.ts"
import { userName } from "../userName.ts"
import { inReadModel, projectIn } from "./readModel.ts"

/** `proper`: nothing was run, and it is to be in the other way. */
export type Outcome = { readonly kind: "done" } | { readonly kind: "proper" } | Failed

/** What became of it is not known, or is not on record. */
export type Failed =
  | { readonly kind: "engine-failed"; readonly cause: unknown }
  | { readonly kind: "not-recorded"; readonly spool: string; readonly cause: unknown }

export const quickly = async (args: ReadonlyArray<string>): Promise<Outcome> => {
  const globals = takeGlobals(args)
  const home = locate(globals.home, process.env)
  const asked = askedIn(globals, home)
  if (asked === undefined) return { kind: "proper" }
  const { signal, dispose } = interrupted()
  const unused = noteUse(home.workspaces, asked.workspace)
  try {
    return await executed(asked, home, signal)
  } catch (cause) {
    process.stdin.destroy()
    return { kind: "engine-failed", cause }
  } finally {
    unused()
    dispose()
  }
}

const executed = async (asked: Asked, { spool }: Home, signal: AbortSignal): Promise<Outcome> => {
  const { socket, log, workspace, command } = asked
  const started = performance.now()
  const prepared = await prepareCommand(socket, log, workspace.id, asked).catch(() => undefined)
  if (signal.aborted) return wasInterrupted()
  const connection = prepared === undefined ? undefined : await startCommand(prepared)
  if (prepared === undefined || connection === undefined) return { kind: "proper" }
  // Needed in the end, and loaded while the command runs.
  const redactor = import("../../adapters/secrets/Redactor.ts")
  const [stdout, stderr] = [measured(process.stdout), measured(process.stderr)]
  const unread = new AbortController()
  void Promise.race([stdout.gone, stderr.gone]).then(() => unread.abort())
  const streams = { stdin: process.stdin, stdout: stdout.stream, stderr: stderr.stream }
  const ended = await passOn(prepared, connection, streams, AbortSignal.any([signal, unread.signal]))
  const exit = ended ?? (unread.signal.aborted ? unreadExit : undefined)
  const durationMs = Math.round(performance.now() - started)
  // What nobody will read any more would keep this process.
  process.stdin.destroy()
  if (exit === undefined) return wasInterrupted()
  process.exitCode = exit
  const { redact } = await redactor
  const delivery: RanDelivery = {
    type: "WorkspaceCommandRan",
    payload: {
      workspace: workspace.id,
      via: "exec",
      command: shownCommand(command, redact),
      exit,
      timedOut: false,
      durationMs,
      stdout: stdout.seen(),
      stderr: stderr.seen()
    },
    ...authorOf(userName(), callerIn(process.env))
  }
  try {
    deliverFile(spool, sender, Buffer.from(JSON.stringify(delivery)))
    return { kind: "done" }
  } catch (cause) {
    return { kind: "not-recorded", spool, cause }
  }
}

/** 128 and the signal's number, as shells have it. */
const wasInterrupted = (): Outcome => {
  process.exitCode = 130
  return { kind: "done" }
}

const interrupted = () => {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const signals = ["SIGINT", "SIGTERM"] as const
  for (const signal of signals) process.once(signal, abort)
  return { signal: controller.signal, dispose: () => signals.forEach((signal) => process.off(signal, abort)) }
}

interface Asked {
  readonly command: ReadonlyArray<string>
  readonly workspace: Workspace
  readonly variables: Readonly<Record<string, string>>
  /** Which log its container is labelled with. */
  readonly log: string
  /** The engine's. */
  readonly socket: string
}

/** Undefined: it is not ordinary. */
const askedIn = ({ rest, json }: Globals, home: Home): Asked | undefined => {
  const [, , name = "-", dashes, ...command] = rest
  const socket = localSocket(process.env)
  if (json || name.startsWith("-") || dashes !== "--" || command.length === 0 || socket === undefined) return undefined
  return inReadModel(home.log, (sqlite) => {
    const workspace = workspaceNamed(sqlite, name)
    const variables = workspace === undefined ? undefined : variablesOf(workspace)
    const log = sqlite.prepare("SELECT value FROM meta WHERE key = 'device'").pluck().get()
    const isOrdinary = typeof log === "string" && isLookedAfter(home) && !hasTooMuch(home.spool)
    if (!isOrdinary || workspace === undefined || variables === undefined) return undefined
    return { command, workspace, variables, log, socket }
  })
}

const workspaceNamed = (sqlite: Parameters<typeof projectIn>[0], name: string): Workspace | undefined => {
  const project = projectIn(sqlite)
  const found = Rows.byId(sqlite, name) ?? (project === undefined ? undefined : Rows.named(sqlite, project, name))
  const { status, pending, spec } = found?.workspace ?? {}
  // One with files of its own has them made the same first.
  const isOrdinary = status === "running" && pending === null && spec?.backend === "docker" && spec.sync === undefined
  return isOrdinary ? found?.workspace : undefined
}

/** Undefined: some of them are to be looked up. */
const variablesOf = (workspace: Workspace): Readonly<Record<string, string>> | undefined => {
  const given = Object.entries(workspace.spec.variables)
  const values = given.flatMap(([name, variable]) => ("value" in variable ? [[name, variable.value] as const] : []))
  return values.length < given.length ? undefined : { ...portVariables(workspace), ...Object.fromEntries(values) }
}

/** Whoever uses a workspace sees to it that it is looked after; whether it is to be is in settings that take time to read. */
const isLookedAfter = (home: Home): boolean => process.env["NEXUS_WORKSPACE_KEEPER"] === "false" || isKept(home)

/** That so much waits shows that nobody records it. */
const hasTooMuch = (spool: string): boolean => {
  try {
    return readdirSync(join(spool, "new")).length > mostWaiting
  } catch {
    // Nothing was ever delivered.
    return false
  }
}
