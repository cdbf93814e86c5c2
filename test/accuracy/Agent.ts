/** Claude Code at work on the stage: it changes files, and its hooks tell what 2.1.330 tells. */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { datesForGit } from "./Clock.ts"
import { edited, hunks, shellReport } from "./ClientDiffs.ts"
import { commands } from "./Place.ts"
import * as Transcript from "../../src/adapters/agents/claude/Transcript.ts"

type Fields = Readonly<Record<string, unknown>>

/** Where an agent works, and how its hooks are delivered. */
export interface Workplace {
  readonly cwd: string
  /** Where the client keeps its transcripts. */
  readonly transcripts: string
  /** Runs the hooks that are registered for this payload; resolves when they let the agent go on. */
  readonly deliver: (payload: Fields) => Promise<void>
  /** Whether the client reports what a shell command changed (`bashEditDiff`). */
  readonly reports: boolean
  /** Every file that git does not ignore, by absolute path. */
  readonly files: () => ReadonlyMap<string, Buffer>
}

export interface AgentOptions {
  /** The client's session id. */
  readonly session: string
  readonly model: string
  /** Where it was started; the stage's folder if not said. */
  readonly cwd?: string
}

export const opus: AgentOptions = { session: "s1", model: "claude-opus-4-5" }
export const sonnet: AgentOptions = { session: "s2", model: "claude-sonnet-4-5" }
export const haiku: AgentOptions = { session: "s3", model: "claude-haiku-4-5" }

export interface BashOptions {
  /** What a person does while the command runs, before and after its own writes. */
  readonly human?: () => void
  readonly humanAfter?: () => void
  /** Whether the client reports the changed files; as the stage's variant has it if not said. */
  readonly reports?: boolean
  /** Delivered as this tool: "PowerShell". */
  readonly tool?: string
  /** The command is expected to fail: then PostToolUseFailure comes. */
  readonly fails?: boolean
}

export interface Agent {
  /** What `expect` calls a line of this agent: "A s1 claude-opus-4-5", with its model at this moment. */
  readonly owner: string
  readonly session: string
  readonly prompt: (text: string) => Promise<void>
  /** The Edit tool. `old` must be in the file; "" creates it. */
  readonly edit: (
    file: string,
    old: string,
    fresh: string,
    options?: { readonly replaceAll?: boolean; readonly response?: Fields }
  ) => Promise<void>
  /** The Write tool. */
  readonly write: (file: string, content: string, response?: Fields) => Promise<void>
  /** The MultiEdit tool of earlier clients: [old, fresh] in order. */
  readonly multiEdit: (file: string, edits: ReadonlyArray<readonly [string, string]>) => Promise<void>
  /** NotebookEdit: puts `source` into the cell with this id. */
  readonly notebook: (file: string, cell: string, source: string) => Promise<void>
  /** Runs a command with bash; its output. */
  readonly bash: (command: string, options?: BashOptions) => Promise<string>
  /** A command in the background: its hook ends at once; `finish` runs it and has the client say that it is done. */
  readonly background: (command: string) => Promise<{ readonly finish: () => Promise<void> }>
  /** A call of a tool whose effect on the disk is `act`: an MCP server's, or one that the stage has no method for. */
  readonly call: (tool: string, input: Fields, act?: () => unknown) => Promise<void>
  /** A call that the client reports as failed; nothing is written. */
  readonly fails: (tool: string, input: Fields) => Promise<void>
  /** A payload as it is, with this agent's common fields. */
  readonly hook: (event: string, fields?: Fields) => Promise<void>
  readonly switchModel: (to: string) => Promise<void>
  /** A subagent of this session: the same tools, its own model. */
  readonly subagent: (id: string, model: string) => Promise<Agent>
  readonly stop: () => Promise<void>
  readonly end: () => Promise<void>
}

let calls = 0

const nextCall = (): string => `toolu_${String(++calls).padStart(8, "0")}`

/** Starts a session. */
export const startAgent = async (at: Workplace, options: AgentOptions): Promise<Agent> => {
  const place = { ...at, cwd: options.cwd ?? at.cwd }
  const agent = agentOf(place, options, undefined)
  await agent.hook("SessionStart", { source: "startup", model: options.model })
  return agent
}

const agentOf = (at: Workplace, { session, model: first }: AgentOptions, subagent: string | undefined): Agent => {
  let model = first
  const transcript = join(at.transcripts, `${session}.jsonl`)
  const promptId = createHash("sha256").update(session).digest("hex").slice(0, 32)
  const who = subagent === undefined ? {} : { agent_id: subagent, agent_type: "general-purpose" }
  const start = { session_id: session, transcript_path: transcript, cwd: at.cwd }
  const turn = { prompt_id: promptId, permission_mode: "bypassPermissions", ...who, effort: { level: "medium" } }
  const hook: Agent["hook"] = (event, fields = {}) =>
    at.deliver({
      ...start,
      ...(event === "SessionStart" || event === "SessionEnd" ? {} : turn),
      hook_event_name: event,
      ...fields
    })

  /** What the client notes of a call in the transcript, where the model stands. */
  const note = (call: string, name: string): void => {
    const file = subagent === undefined ? transcript : Transcript.subagentTranscript(transcript, subagent)
    mkdirSync(dirname(file), { recursive: true })
    const message = { model, id: `msg_${call}`, role: "assistant", content: [{ type: "tool_use", id: call, name }] }
    appendFileSync(
      file,
      `${JSON.stringify({ isSidechain: subagent !== undefined, type: "assistant", message, sessionId: session })}\n`
    )
  }

  /** One call: its start, its effect, its end. `act` gives the response. */
  const call = async (tool: string, input: Fields, act: (id: string) => unknown, more: Fields = {}): Promise<void> => {
    const id = nextCall()
    note(id, tool)
    const base = { tool_name: tool, tool_input: input, tool_use_id: id, ...more }
    await hook("PreToolUse", base)
    const response = act(id)
    await hook("PostToolUse", { ...base, tool_response: response, duration_ms: 5 })
  }

  const path = (file: string): string => resolve(at.cwd, file)
  /** The client works on text with plain line ends, and writes the file's own ones. */
  const original = (file: string): { readonly text: string; readonly crlf: boolean } | undefined => {
    if (!existsSync(path(file))) return undefined
    const text = readFileSync(path(file), "utf8")
    return { text: text.replaceAll("\r\n", "\n"), crlf: text.includes("\r\n") }
  }
  const save = (file: string, text: string, crlf = false): void => {
    mkdirSync(dirname(path(file)), { recursive: true })
    writeFileSync(path(file), crlf ? text.replaceAll("\n", "\r\n") : text)
  }

  const edit: Agent["edit"] = (file, old, fresh, { replaceAll = false, response = {} } = {}) => {
    const before = original(file)
    const after = edited(before?.text, old, fresh, replaceAll)
    const input = { file_path: path(file), old_string: old, new_string: fresh, replace_all: replaceAll }
    return call("Edit", input, () => {
      if (response["staged"] !== true) save(file, after, before?.crlf)
      return {
        filePath: path(file),
        oldString: old,
        newString: fresh,
        originalFile: before?.text ?? null,
        structuredPatch: hunks(before?.text ?? "", after),
        userModified: false,
        replaceAll,
        ...response
      }
    })
  }

  const write: Agent["write"] = (file, content, response = {}) => {
    const before = original(file)
    return call("Write", { file_path: path(file), content }, () => {
      if (response["staged"] !== true) save(file, content)
      return {
        type: before === undefined ? "create" : "update",
        filePath: path(file),
        content,
        structuredPatch: before === undefined ? [] : hunks(before.text, content),
        originalFile: before?.text ?? null,
        userModified: false,
        ...response
      }
    })
  }

  const run = (command: string): { readonly status: number; readonly output: string } => {
    const ran = spawnSync("bash", ["-c", command], {
      cwd: at.cwd,
      encoding: "utf8",
      env: {
        PATH: commands,
        HOME: at.transcripts,
        LANG: "C.UTF-8",
        GIT_CONFIG_NOSYSTEM: "1",
        ...somebody,
        ...datesForGit()
      }
    })
    return { status: ran.status ?? 1, output: `${ran.stdout}${ran.stderr}` }
  }

  const bash: Agent["bash"] = async (command, options = {}) => {
    const { human, humanAfter, reports = at.reports, tool = "Bash", fails = false } = options
    const id = nextCall()
    note(id, tool)
    const base = { tool_name: tool, tool_input: { command, description: "Do it" }, tool_use_id: id }
    await hook("PreToolUse", base)
    const before = at.files()
    human?.()
    const { status, output } = run(command)
    humanAfter?.()
    if ((status !== 0) !== fails) throw new Error(`${command} ended with ${status}:\n${output}`)
    if (fails) {
      const error = `Exit code ${status}\n${output}`
      await hook("PostToolUseFailure", { ...base, error, is_interrupt: false, duration_ms: 5 })
      return output
    }
    const report = reports ? shellReport(before, at.files()) : undefined
    const response = { stdout: output, stderr: "", interrupted: false, isImage: false, noOutputExpected: false }
    await hook("PostToolUse", {
      ...base,
      tool_response: report === undefined ? response : { ...response, bashEditDiff: report },
      duration_ms: 5
    })
    return output
  }

  return {
    get owner() {
      return `A ${session} ${model}`
    },
    session,
    hook,
    edit,
    write,
    bash,
    prompt: (text) => hook("UserPromptSubmit", { prompt_id: `${promptId}-${++calls}`, prompt: text }),
    multiEdit: (file, edits) => {
      const before = original(file)
      const after = edits.reduce((text: string, [old, fresh]) => edited(text, old, fresh, false), before?.text ?? "")
      const asked = edits.map(([old_string, new_string]) => ({ old_string, new_string, replace_all: false }))
      return call("MultiEdit", { file_path: path(file), edits: asked }, () => {
        save(file, after, before?.crlf)
        return {
          filePath: path(file),
          edits: asked,
          originalFile: before?.text ?? null,
          structuredPatch: hunks(before?.text ?? "", after),
          userModified: false
        }
      })
    },
    notebook: (file, cell, source) => {
      const before = readFileSync(path(file), "utf8")
      const notebook = JSON.parse(before) as { cells: Array<{ id: string; cell_type: string; source: unknown }> }
      const target = notebook.cells.find(({ id }) => id === cell)
      if (target === undefined) throw new Error(`${file} has no cell ${cell}`)
      const old = Array.isArray(target.source) ? target.source.join("") : String(target.source)
      target.source = source
      const after = `${JSON.stringify(notebook, null, 1)}\n`
      return call("NotebookEdit", { notebook_path: path(file), cell_id: cell, new_source: source }, () => {
        save(file, after)
        return {
          new_source: source,
          old_source: old,
          cell_type: target.cell_type,
          language: "python",
          edit_mode: "replace",
          cell_id: cell,
          error: "",
          notebook_path: path(file),
          original_file: before,
          updated_file: after
        }
      })
    },
    background: async (command) => {
      const id = nextCall()
      note(id, "Bash")
      const base = { tool_name: "Bash", tool_input: { command, run_in_background: true }, tool_use_id: id }
      const response = { stdout: "", stderr: "", interrupted: false, isImage: false, noOutputExpected: false }
      await hook("PreToolUse", base)
      await hook("PostToolUse", { ...base, tool_response: { ...response, backgroundTaskId: id }, duration_ms: 5 })
      return {
        finish: async () => {
          run(command)
          const words = `<task-id>${id}</task-id>\n<tool-use-id>${id}</tool-use-id>\n<status>completed</status>`
          const prompt = `<task-notification>\n${words}\n</task-notification>`
          await hook("UserPromptSubmit", { prompt_id: `${promptId}-${++calls}`, prompt })
        }
      }
    },
    call: (tool, input, act = () => "done") => {
      const server = /^mcp__(.+?)__/.exec(tool)?.[1]
      return call(tool, input, act, server === undefined ? {} : { mcp_server: { name: server, source: "dynamic" } })
    },
    fails: async (tool, input) => {
      const id = nextCall()
      note(id, tool)
      const base = { tool_name: tool, tool_input: input, tool_use_id: id }
      await hook("PreToolUse", base)
      const error = "<tool_use_error>It did not work.</tool_use_error>"
      await hook("PostToolUseFailure", { ...base, error, is_interrupt: false, duration_ms: 5 })
    },
    switchModel: async (to) => {
      await hook("PostModelSwitch", { from_model: model, to_model: to, reason: "user" })
      model = to
    },
    subagent: async (id, itsModel) => {
      const agent = agentOf(at, { session, model: itsModel }, id)
      await agent.hook("SubagentStart")
      return agent
    },
    stop: () =>
      hook(subagent === undefined ? "Stop" : "SubagentStop", {
        stop_hook_active: false,
        last_assistant_message: "Done.",
        background_tasks: [],
        session_crons: [],
        ...(subagent === undefined
          ? {}
          : { agent_transcript_path: Transcript.subagentTranscript(transcript, subagent) })
      }),
    end: () => hook("SessionEnd", { reason: "other" })
  }
}

/** Who commits when an agent runs git. */
const somebody = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@localhost",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@localhost"
}
