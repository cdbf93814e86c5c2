/** A client that runs shell commands in a checkout: its hooks wait, as the real one's do. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { git, payload, repository, type World } from "../world.ts"

let calls = 0

export interface ShellOptions {
  readonly tool?: string
  readonly session?: string
  readonly subagent?: string
  /** What somebody else does while the command runs. */
  readonly meanwhile?: () => unknown
  readonly response?: Record<string, unknown>
  /** Where the command starts; the checkout if not said. */
  readonly cwd?: string
}

export const shell = (at: World, checkout: string) => {
  const base = (command: string, call: string, options: ShellOptions) => ({
    session_id: options.session ?? "s-1",
    cwd: options.cwd ?? checkout,
    tool_name: options.tool ?? "Bash",
    tool_use_id: call,
    tool_input: options.tool?.startsWith("mcp__") === true ? { path: command } : { command },
    ...(options.subagent === undefined ? {} : { agent_id: options.subagent, agent_type: "helper" })
  })
  const hook = async (event: string, fields: Record<string, unknown>) => at.ingest(at.deliver(payload(event, fields)))
  const execute = (command: string, cwd = checkout): number | null =>
    spawnSync("bash", ["-c", command], {
      cwd,
      env: {
        PATH: process.env["PATH"],
        HOME: at.root,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "a",
        GIT_AUTHOR_EMAIL: "a@localhost",
        GIT_COMMITTER_NAME: "a",
        GIT_COMMITTER_EMAIL: "a@localhost"
      }
    }).status
  const start = async (command: string, options: ShellOptions = {}) => {
    const call = `toolu_shell_${++calls}`
    await hook("PreToolUse", base(command, call, options))
    return {
      call,
      /** Delivers the end of the call, as the client words it. */
      end: (more: Record<string, unknown> = { tool_response: { stdout: "", ...options.response } }) =>
        hook("error" in more ? "PostToolUseFailure" : "PostToolUse", { ...base(command, call, options), ...more })
    }
  }
  return {
    execute,
    hook,
    start,
    /** Runs a command from its first hook to its last. */
    run: async (command: string, options: ShellOptions = {}) => {
      const { call, end } = await start(command, options)
      const status = options.tool === undefined ? execute(command, options.cwd) : 0
      options.meanwhile?.()
      await (status === 0 ? end() : end({ error: `Exit code ${status}`, is_interrupt: false }))
      return call
    }
  }
}

/** A checkout with these files committed. */
export const checkoutWith = (at: World, files: Readonly<Record<string, string | Buffer>>): string => {
  const checkout = repository(join(at.root, "project"), "the project")
  for (const [path, content] of Object.entries(files)) at.put(join("project", path), content)
  if (Object.keys(files).length > 0) {
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "files")
  }
  return checkout
}

/** Each edit in one line: operation, path, where from, claim, and the contents as they are stored. */
export const editsIn = async (at: World, call?: string): Promise<ReadonlyArray<string>> => {
  const edits = (await at.ofType("FileEdited")).filter((event) => call === undefined || event.payload.call === call)
  const shown = async (content: { readonly blob?: string | undefined } | null | undefined): Promise<string> =>
    content === null ? "-" : content === undefined ? "?" : JSON.stringify(await at.blob(content.blob))
  return Promise.all(
    edits.map(async ({ payload: { operation, path, from, claim, before, after } }) =>
      [
        operation,
        path,
        ...(from === undefined ? [] : [`from ${from}`]),
        claim,
        await shown(before),
        await shown(after)
      ].join(" ")
    )
  )
}

/** What is left in the home of calls that are under way. */
export const openCallFiles = (at: World): ReadonlyArray<string> =>
  existsSync(at.home.calls) ? execFileSync("ls", [at.home.calls], { encoding: "utf8" }).split("\n").filter(Boolean) : []
