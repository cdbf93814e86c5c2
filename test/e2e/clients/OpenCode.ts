/** OpenCode's server in a repository, with a scripted model behind it. */
import { program as nexusProgram, type World } from "../../support/cli.ts"
import { type Running, start } from "../../support/processes.ts"
import type { ModelServer } from "../model/ModelServer.ts"
import { type Bus, type BusEvent, listen } from "./Bus.ts"
import { environmentFor, openCodeProgram, pretendInstalled } from "./OpenCodeSettings.ts"

export interface OpenCode {
  /** A new conversation; its id. */
  readonly session: (about?: Readonly<Record<string, unknown>>) => Promise<string>
  /** Gives it something to do, and does not wait until it is done. */
  readonly prompt: (session: string, text: string, about?: Readonly<Record<string, unknown>>) => Promise<void>
  readonly abort: (session: string) => Promise<void>
  /** A request to the server: what it answers. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<any>
  readonly events: ReadonlyArray<BusEvent>
  readonly heard: Bus["heard"]
  /** Waits until a session is idle, from the event with this index on. */
  readonly idle: (session: string, from?: number) => Promise<void>
  /** Ends it as a person does; all that it printed, on both outputs. */
  readonly quit: () => Promise<string>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export interface OpenCodeOptions {
  /** Beside those that the tests need. */
  readonly settings?: object
  readonly env?: Readonly<Record<string, string>>
  /** Of `opencode run`, beside the prompt. */
  readonly args?: ReadonlyArray<string>
}

/** `opencode run`: one prompt without a server, and its process ends. */
export const runOpenCode = (
  world: World,
  repository: string,
  model: ModelServer,
  prompt: string,
  { settings, env = {}, args = [] }: OpenCodeOptions = {}
): Running => {
  pretendInstalled(world)
  const environment = { ...environmentFor(world, repository, model, settings), ...env }
  return start(program(), ["run", ...args, prompt], { cwd: repository, env: environment })
}

/** The same, started by `nexus boulder run`. */
export const followOpenCode = (
  world: World,
  repository: string,
  model: ModelServer,
  prompt: string,
  { settings, env = {} }: OpenCodeOptions = {}
): Running => {
  pretendInstalled(world)
  const environment = { ...environmentFor(world, repository, model, settings), ...env }
  // Its title would be asked of the model as well.
  const command = ["boulder", "run", "--", program(), "run", "--title", "Followed", prompt]
  return start(process.execPath, [nexusProgram, ...command], { cwd: repository, env: environment })
}

export const serveOpenCode = async (
  world: World,
  repository: string,
  model: ModelServer,
  { settings, env = {} }: OpenCodeOptions = {}
): Promise<OpenCode> => {
  pretendInstalled(world)
  const environment = { ...environmentFor(world, repository, model, settings), ...env }
  const server = start(program(), ["serve", "--hostname", "127.0.0.1", "--port", "0"], {
    cwd: repository,
    env: environment
  })
  const url = await addressOf(server)
  const ask = asking(url)
  await ask("GET", "/config")
  const bus = await listen(`${url}/event`)

  const quit = async (): Promise<string> => {
    await bus.close()
    server.child.kill("SIGTERM")
    const { stdout, stderr } = await server.ended
    return stdout + stderr
  }

  return {
    ask,
    events: bus.events,
    heard: bus.heard,
    idle: async (session, from) => {
      await bus.heard(({ type, properties }) => type === "session.idle" && properties["sessionID"] === session, from)
    },
    session: async (about = {}) => ((await ask("POST", "/session", about)) as { readonly id: string }).id,
    prompt: async (session, text, about = {}) => {
      await ask("POST", `/session/${session}/prompt_async`, { ...about, parts: [{ type: "text", text }] })
    },
    abort: async (session) => {
      await ask("POST", `/session/${session}/abort`)
    },
    quit,
    [Symbol.asyncDispose]: async () => {
      await bus.close()
      await server.kill()
    }
  }
}

const program = (): string => {
  if (openCodeProgram === undefined) throw new Error("There is no OpenCode here; npm run test:e2e installs it.")
  return openCodeProgram
}

const addressOf = async (server: Running): Promise<string> => {
  for (let line = 1; ; line += 1) {
    await server.printed(line)
    const [url] = /http:\/\/[\d.:]+/.exec(server.lines[line - 1] ?? "") ?? []
    if (url !== undefined) return url
  }
}

/**
 * A request to a server that only just starts may never be answered (OpenCode 1.18.33), so each has its time. What only asks is
 * repeated; what it may have begun is not begun twice, and has time enough for a busy machine.
 */
const asking =
  (url: string): OpenCode["ask"] =>
  async (method, path, body) => {
    const time = method === "GET" ? 10_000 : 60_000
    const request = {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
    }
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(`${url}${path}`, { ...request, signal: AbortSignal.timeout(time) }).catch(
        (cause: unknown) => {
          if (method !== "GET" || tries === 5) throw cause
        }
      )
      if (response === undefined) continue
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return text === "" ? undefined : (JSON.parse(text) as unknown)
    }
  }
