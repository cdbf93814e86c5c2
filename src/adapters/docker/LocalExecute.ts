/** Execute.ts for an ordinary command in a container on this machine, without the library: what must be quick. */
import { randomUUID } from "node:crypto"
import type { Duplex } from "node:stream"
import { setTimeout } from "node:timers/promises"
import type { Execution } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { endOf, execRequest } from "./ExecRequest.ts"
import { split } from "./Frames.ts"
import { containerOf, labels } from "./Labels.ts"
import { ask, attach } from "./LocalEngine.ts"

/** A command that the engine knows, and that does not run yet. */
export interface Prepared {
  readonly socket: string
  readonly container: string
  readonly exec: string
  readonly id: string
  readonly user: string
}

interface Listed {
  readonly Id: string
  readonly State: string
  readonly Labels: Readonly<Record<string, string>>
}

/** Undefined: there is no container, or it does not run. Thrown: what the engine says. Nothing was run in either case. */
export const prepareCommand = async (
  socket: string,
  log: string,
  workspace: WorkspaceId,
  {
    command,
    variables
  }: { readonly command: ReadonlyArray<string>; readonly variables: Readonly<Record<string, string>> }
): Promise<Prepared | undefined> => {
  const filters = encodeURIComponent(JSON.stringify(containerOf(log, workspace)))
  const [found] = await ask<ReadonlyArray<Listed>>(socket, "GET", `/containers/json?all=true&filters=${filters}`)
  const [user, cwd] = [found?.Labels[labels.owner], found?.Labels[labels.folder]]
  if (found?.State !== "running" || user === undefined || cwd === undefined) return undefined
  const id = randomUUID()
  const exec = await make(
    socket,
    found.Id,
    execRequest({ id, cwd, command, variables, user, stdin: true, detach: false })
  )
  return { socket, container: found.Id, exec, id, user }
}

/**
 * From here on it runs. Undefined: the engine refused, and it was not run. Thrown: that the engine went away; it may have been run.
 */
export const startCommand = async ({ socket, exec }: Prepared): Promise<Duplex | undefined> => {
  try {
    return await attach(socket, `/exec/${exec}/start`, { Detach: false, Tty: false })
  } catch (cause) {
    if (cause instanceof Error && "statusCode" in cause) return undefined
    throw cause
  }
}

/**
 * Answers its exit code; undefined when the signal came before its end: then it is ended, with all that it started. Thrown: what the
 * engine says.
 */
export const passOn = async (
  { socket, container, exec, id, user }: Prepared,
  connection: Duplex,
  { stdin, stdout, stderr }: Required<Pick<Execution, "stdin" | "stdout" | "stderr">>,
  signal: AbortSignal
): Promise<number | undefined> => {
  const interrupted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener("abort", () => resolve(undefined), { once: true })
  })
  stdin.once("error", () => connection.end()).pipe(connection)
  const ended = split(connection, { stdout, stderr }).then(() => exitOf(socket, exec))
  try {
    const exit = await Promise.race([ended, interrupted])
    if (exit === undefined) await end(socket, container, user, id)
    return exit
  } finally {
    ended.catch(() => undefined)
    stdin.unpipe(connection)
    connection.destroy()
  }
}

/** Milliseconds between two looks: twice as long each time, up to the longest. */
const looks = { first: 2, longest: 1000 }

/** The end of a command's streams may be heard before the engine knows that it ended, and a command may close them long before. */
const exitOf = async (socket: string, exec: string): Promise<number> => {
  for (let pause = looks.first; ; pause = Math.min(looks.longest, 2 * pause)) {
    const { Running, ExitCode } = await ask<{ readonly Running: boolean; readonly ExitCode: number | null }>(
      socket,
      "GET",
      `/exec/${exec}/json`
    )
    if (!Running && ExitCode !== null) return ExitCode
    await setTimeout(pause)
  }
}

/** As when it is interrupted in the usual way: what can't be ended is left. */
const end = async (socket: string, container: string, user: string, id: string): Promise<void> => {
  try {
    const exec = await make(socket, container, { Cmd: endOf(id), User: user, AttachStdout: true, AttachStderr: true })
    const connection = await attach(socket, `/exec/${exec}/start`, { Detach: false, Tty: false })
    for await (const _ of connection);
  } catch {
    // The engine went away, and the command with it.
  }
}

const make = async (socket: string, container: string, request: object): Promise<string> =>
  (await ask<{ readonly Id: string }>(socket, "POST", `/containers/${container}/exec`, request)).Id
