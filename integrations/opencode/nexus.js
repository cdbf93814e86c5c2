// @ts-check
/**
 * Nexus' side of OpenCode (1.18.33): hands on what the client's hooks and events tell, and says what Nexus answers.
 *
 * One file without dependencies, since the client would fetch them. It prints nothing, delays no start, and throws only to deny
 * a tool. Each payload goes to Nexus' hook script, in order within a session; only calls that may change any file, and stops,
 * wait for an answer, and no longer than `limit`. Without the script it does nothing.
 */
import { spawn } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/** `nexus init` puts the path of the script here. */
const installed = "@HOOK@"

const env = process.env
const data = env["XDG_DATA_HOME"] || join(homedir(), ".local", "share")
const hook = isAbsolute(installed) ? installed : join(env["NEXUS_HOME"] || join(data, "nexus"), "bin", "nexus-hook")

/** How long a session has to be idle before Nexus is asked, and how long one answer may take; milliseconds. */
const debounce = Number(env["NEXUS_OPENCODE_DEBOUNCE_MS"] || 2000)
const limit = 10_000

/** Set where `nexus boulder run` started this process, which ends with its turn. */
const follower = env["NEXUS_FOLLOWER"] || ""

/** Contents of files above this size are left to what the client tells of them; bytes. */
const largest = 1024 * 1024

/** How much of a message's text is handed on; characters. */
const longest = 2000

/** Tools that change no file. Every tool that is not here nor in `editing` may change any, and is waited for. */
const harmless = new Set(
  "read glob grep list ls task todowrite todoread webfetch websearch codesearch lsp skill question plan_enter plan_exit batch invalid".split(
    " "
  )
)
const editing = new Set(["write", "edit", "multiedit", "patch", "apply_patch"])

/** Events of the bus that are handed on as they are. */
const told = new Set(
  "session.created session.deleted session.error session.compacted todo.updated command.executed permission.asked permission.replied question.asked question.replied question.rejected".split(
    " "
  )
)

/**
 * @typedef {Record<string, any>} Fields
 * @typedef {{ root?: Promise<string | null>, model?: string, agent?: string, message?: string, settled?: string, words?: string, messages: number,
 *   error: string | null, aborted: boolean, asking: Map<string, "question" | "permission">, steps: number,
 *   idle?: { timer: ReturnType<typeof setTimeout>, event: Fields } }} Session What is known of a session. `steps` counts
 *   what happened in it, so that what was planned before can tell that it is overtaken; `settled` is the last turn that Nexus
 *   was asked about.
 * @typedef {{ client: Fields, directory: string, worktree: string }} Context
 */

/** The plugin that is at work in each folder: the client may find this file in a project and in its own configuration. */
const working = /** @type {Map<string, object>} */ (/** @type {Fields} */ (globalThis)["nexus.opencode"] ??= new Map())

/** @param {Context} context */
export const Nexus = async ({ client, directory, worktree }) => {
  const me = {}
  // Where there is no repository, the client says that it is all of the disk.
  const project = worktree === "" || worktree === "/" ? directory : worktree
  working.set(directory, me)
  /** @type {Map<string, Session>} */
  const sessions = new Map()
  /** @type {Map<string, Promise<unknown>>} */
  const queues = new Map()
  /** @type {Map<string, Record<string, string | null>>} */
  const before = new Map()

  /** @param {string} id @returns {Session} */
  const at = (id) => {
    const known = sessions.get(id) ?? { error: null, aborted: false, asking: new Map(), steps: 0, messages: 0 }
    sessions.set(id, known)
    return known
  }

  /** @param {string} message @param {"info" | "warn"} level */
  const note = (message, level = "warn") =>
    quietly(() => client["app"].log({ body: { service: "nexus", level, message } }))

  /**
   * The session that a session works for, at the top; null for one that a person talks with.
   * @param {string} id @returns {Promise<string | null>}
   */
  const rootOf = (id) => (at(id).root ??= askForRoot(id))

  /** @param {string} id @returns {Promise<string | null>} */
  const askForRoot = async (id) => {
    const { data } = (await quietly(() => client["session"].get({ path: { id } }))) ?? {}
    return rootThrough(textOf(data?.parentID))
  }

  /** @param {string | undefined} parent @returns {Promise<string | null>} */
  const rootThrough = async (parent) => (parent === undefined ? null : ((await rootOf(parent)) ?? parent))

  /** Runs the hook script, after what was said of this session before. @param {string} id @param {Fields} payload */
  const send = (id, payload, ack = false) => {
    if (working.get(directory) !== me || !existsSync(hook)) return Promise.resolve("")
    const task = async () => {
      const parent = await rootOf(id)
      const whole = { ...payload, sessionID: id, ...(parent === null ? {} : { parentID: parent }), directory }
      const { printed, problem } = await run(whole, ack, project)
      if (problem !== "") void note(problem)
      return printed
    }
    const mine = (queues.get(id) ?? Promise.resolve()).then(task)
    queues.set(id, mine)
    void mine.finally(() => queues.get(id) === mine && queues.delete(id))
    return mine
  }

  /** Something happens in a session: it is not idle. @param {string} id */
  const step = (id) => {
    const session = at(id)
    session.steps += 1
    if (session.idle !== undefined) clearTimeout(session.idle.timer)
    delete session.idle
  }

  /** It may say so twice, or go on at once: only what stays idle is asked about. @param {string} id @param {Fields} event */
  const rest = (id, event) => {
    const session = at(id)
    if (session.idle !== undefined) clearTimeout(session.idle.timer)
    const timer = setTimeout(() => void quietly(() => settle(id, event)), debounce)
    timer.unref()
    session.idle = { timer, event }
  }

  /** What else is at work or asked for, in the session and in those that work for it. @param {string} id */
  const around = async (id) => {
    const { data: states = {} } = (await quietly(() => client["session"].status())) ?? {}
    const all = await Promise.all([...sessions.keys()].map(async (one) => ({ one, root: (await rootOf(one)) ?? one })))
    const family = all.filter(({ root }) => root === id).map(({ one }) => one)
    const working = family.filter((one) => (states[one]?.type ?? "idle") !== "idle")
    const pending = family.flatMap((one) => [...at(one).asking.values()])[0] ?? null
    return { busy: working.includes(id), children: working.filter((one) => one !== id).length, pending }
  }

  /**
   * Tells that a session is idle, and what it said and used: what Nexus answers.
   * @param {string} id @param {Fields} event @param {number} children @param {unknown} tokens
   */
  const ask = (id, event, children, tokens) => {
    const { aborted, error, agent, asking, words: message, messages } = at(id)
    const turn = turnOf(id, event)
    at(id).settled = turn
    const signal = { aborted, pending: [...asking.values()][0] ?? null, children, error, turn, agent }
    return send(id, { hook: "session.idle", input: event, signal, message, tokens, messages }, true)
  }

  /** @param {string} id @param {Fields} event */
  const turnOf = (id, event) => at(id).message ?? textOf(event["id"]) ?? ""

  /** @param {string} id @param {Fields} event */
  const settle = async (id, event) => {
    const session = at(id)
    delete session.idle
    if ((await rootOf(id)) !== null) return void send(id, { hook: "session.idle", input: event })
    const { steps, error, aborted, agent } = session
    const { busy, children, pending } = await around(id)
    if (busy || session.settled === turnOf(id, event) || steps !== session.steps) return
    const { data: info } = (await quietly(() => client["session"].get({ path: { id } }))) ?? {}
    const answer = objectIn(await ask(id, event, children, info?.tokens))
    const notice = textOf(answer["notice"])
    if (notice !== undefined)
      await quietly(() => client["tui"].showToast({ body: { title: "Nexus", message: notice, variant: "info" } }))
    // Whoever follows this process starts another one with it.
    if (follower !== "") return
    const { text, delayMs } = fieldsOf(answer["continue"])
    if (typeof text !== "string" || text === "" || aborted || error !== null || pending !== null) return
    await new Promise((waited) => setTimeout(waited, Number(delayMs) || 0).unref())
    const now = await around(id)
    if (steps !== session.steps || now.busy || now.pending !== null) return
    if (working.get(directory) !== me) return
    // The session's own agent: without one the client would take its default, which may do more.
    const body = { ...(agent === undefined ? {} : { agent }), parts: [{ type: "text", text }] }
    await quietly(() => client["session"].promptAsync({ path: { id }, body }))
  }

  /** @param {Fields} event */
  const heard = (event) => {
    const properties = fieldsOf(event["properties"])
    const info = fieldsOf(properties["info"])
    const part = fieldsOf(properties["part"])
    const id = textOf(properties["sessionID"]) ?? textOf(info["sessionID"]) ?? textOf(part["sessionID"])
    if (id === undefined) return
    const session = at(id)
    switch (event["type"]) {
      case "session.created":
        session.root = rootThrough(textOf(info["parentID"]))
        break
      case "session.deleted":
        step(id)
        break
      case "session.status": {
        const status = fieldsOf(properties["status"])
        if (status["type"] === "idle") return rest(id, event)
        step(id)
        session.error = null
        session.aborted = false
        if (status["type"] === "retry") void send(id, { hook: "event:session.status", input: event })
        return
      }
      case "session.idle":
        return rest(id, event)
      case "session.error": {
        const { name, data } = fieldsOf(properties["error"])
        session.aborted = name === "MessageAbortedError"
        // Not the message: it may quote a key.
        session.error = session.aborted
          ? null
          : [name ?? "Error", fieldsOf(data)["statusCode"]].filter(Boolean).join(" ")
        break
      }
      case "message.updated":
        if (info["role"] !== "assistant" || info["id"] === session.message) return
        session.message = textOf(info["id"]) ?? ""
        session.messages += 1
        session.words = ""
        return
      case "message.part.updated":
        if (part["type"] === "text" && part["messageID"] === session.message)
          session.words = textOf(part["text"])?.slice(0, longest) ?? ""
        // No hook runs after a tool that failed.
        if (part["type"] === "tool" && fieldsOf(part["state"])["status"] === "error")
          void send(id, { hook: "event:message.part.updated", input: event }, isWaitedFor(part["tool"]))
        return
      case "permission.asked":
      case "question.asked":
        session.asking.set(`${properties["id"]}`, event["type"] === "question.asked" ? "question" : "permission")
        break
      case "permission.replied":
      case "question.replied":
      case "question.rejected":
        session.asking.delete(`${properties["requestID"] ?? properties["permissionID"]}`)
        break
    }
    if (told.has(event["type"])) void send(id, { hook: `event:${event["type"]}`, input: event })
    if (event["type"] === "session.deleted") sessions.delete(id)
  }

  return {
    /** @param {{ event: Fields }} given */
    event: async ({ event }) => {
      await quietly(async () => heard(event))
    },

    /** @param {Fields} input @param {Fields} output */
    "chat.message": async (input, output) => {
      const id = textOf(input["sessionID"])
      if (id === undefined) return
      step(id)
      const { agent, model } = fieldsOf(output["message"])
      at(id).agent = textOf(agent) ?? at(id).agent ?? ""
      const { providerID, modelID } = fieldsOf(model)
      at(id).model = `${providerID}/${modelID}`
      void send(id, { hook: "chat.message", input, output })
    },

    /** @param {Fields} input */
    "chat.params": async (input) => {
      const id = textOf(input["sessionID"])
      const { id: modelID, providerID } = fieldsOf(input["model"])
      // Titles and summaries are written by models of their own.
      if (id === undefined || ["title", "summary", "compaction"].includes(input["agent"])) return
      const model = `${providerID}/${modelID}`
      if (at(id).model === model) return
      at(id).model = model
      // Not the provider beside it: that has the keys.
      const { sessionID, agent } = input
      void send(id, { hook: "chat.params", input: { sessionID, agent, model: { providerID, modelID } }, output: {} })
    },

    /** By this a command knows in which conversation it is given. @param {Fields} input @param {Fields} output */
    "shell.env": async (input, output) => {
      const id = textOf(input["sessionID"])
      if (id === undefined) return
      fieldsOf(output["env"])["NEXUS_OPENCODE_SESSION"] = (await rootOf(id)) ?? id
      // What is started in its shell is no process that is followed.
      if (follower !== "") fieldsOf(output["env"])["NEXUS_FOLLOWER"] = ""
    },

    /** @param {Fields} input @param {Fields} output */
    "tool.execute.before": async (input, output) => {
      const { sessionID: id, tool, callID } = input
      step(id)
      const paths = editing.has(tool) ? pathsIn(fieldsOf(output["args"])) : []
      if (paths.length > 0) before.set(callID, contentsOf(paths, directory))
      const waits = isWaitedFor(tool) || paths.some((path) => path.split(/[\\/]/).includes(".nexus"))
      const sent = send(id, { hook: "tool.execute.before", input, output }, waits)
      const { deny } = waits ? objectIn(await within(sent, limit)) : {}
      if (typeof deny === "string" && deny !== "") throw new Error(deny)
    },

    /** @param {Fields} input @param {Fields} output */
    "tool.execute.after": async (input, output) => {
      const { sessionID: id, tool, callID } = input
      step(id)
      const was = before.get(callID)
      before.delete(callID)
      const is = was === undefined ? {} : contentsOf(Object.keys(was), directory)
      const files = Object.keys(was ?? {}).map((path) => ({ path, before: was?.[path], after: is[path] }))
      const payload = { hook: "tool.execute.after", input, output, ...(files.length === 0 ? {} : { files }) }
      const sent = send(id, payload, isWaitedFor(tool))
      if (isWaitedFor(tool)) await within(sent, limit)
    },

    dispose: async () => {
      // What ends here can't go on, whatever Nexus says to its stop: it is recorded, and a continuation is one that was lost.
      for (const [id, { idle, settled }] of sessions) {
        if (idle === undefined) continue
        clearTimeout(idle.timer)
        if (settled !== turnOf(id, idle.event)) void ask(id, idle.event, 0, undefined)
      }
      await within(Promise.allSettled(queues.values()), limit)
      if (working.get(directory) === me) working.delete(directory)
    }
  }
}

/** @param {unknown} tool */
const isWaitedFor = (tool) => typeof tool === "string" && tool !== "" && !harmless.has(tool) && !editing.has(tool)

/**
 * Runs the hook script with a payload. Never fails; the process outlives this one, and what it prints stays here.
 * @param {Fields} payload @param {boolean} ack @param {string} cwd @returns {Promise<{ printed: string, problem: string }>}
 */
const run = (payload, ack, cwd) =>
  new Promise((done) => {
    const printed = { out: "", err: "" }
    const end = (problem = "") => {
      clearTimeout(timer)
      done({ printed: printed.out, problem: problem || printed.err.trim() })
    }
    const child = spawn(hook, ack ? ["opencode", "ack"] : ["opencode"], { cwd, stdio: "pipe", detached: true })
    const timer = setTimeout(() => {
      // The payload is kept by now, whatever is waited for.
      printed.out = ""
      void quietly(async () => void (child.pid !== undefined && process.kill(-child.pid, "SIGKILL")))
      end(`Nexus did not answer within ${limit / 1000} seconds.`)
    }, limit)
    child.once("error", (cause) => end(`Nexus' hook could not be run: ${cause.message}`))
    child.once("close", () => end())
    child.stdout.setEncoding("utf8").on("data", (text) => (printed.out += text))
    child.stderr.setEncoding("utf8").on("data", (text) => (printed.err += text))
    child.stdin.once("error", () => undefined)
    child.stdin.end(JSON.stringify(payload))
  })

/** Undefined where it fails. @template A @param {() => Promise<A>} body @returns {Promise<A | undefined>} */
const quietly = async (body) => {
  try {
    return await body()
  } catch {
    // Nothing of the record may disturb the client.
    return undefined
  }
}

/** @template A @param {Promise<A>} promise @param {number} time @returns {Promise<A | undefined>} */
const within = (promise, time) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const late = new Promise((done) => (timer = setTimeout(() => done(undefined), time)))
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** The files that an editing tool names. @param {Fields} args @returns {ReadonlyArray<string>} */
const pathsIn = (args) => {
  const one = [args["filePath"], args["file_path"], args["path"]].find((path) => typeof path === "string")
  if (one !== undefined) return [one]
  const patch = [args["patchText"], args["patch"], args["input"]].find((text) => typeof text === "string") ?? ""
  const named = patch.matchAll(/^\s*\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$/gm)
  return [...new Set(Array.from(named, ([, path = ""]) => path))]
}

/**
 * What is in these files just now: null where there is none. Those that are no text, or large, are left out.
 * @param {ReadonlyArray<string>} paths @param {string} folder @returns {Record<string, string | null>}
 */
const contentsOf = (paths, folder) => {
  /** @type {Record<string, string | null>} */
  const contents = {}
  for (const path of paths) {
    const file = isAbsolute(path) ? path : join(folder, path)
    try {
      const state = statSync(file, { throwIfNoEntry: false })
      if (state === undefined) contents[path] = null
      else if (state.isFile() && state.size <= largest)
        contents[path] = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
    } catch {
      // It is no text, or not to be read.
    }
  }
  return contents
}

/** @param {unknown} value @returns {string | undefined} */
const textOf = (value) => (typeof value === "string" && value !== "" ? value : undefined)

/** @param {unknown} value @returns {Fields} */
const fieldsOf = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {})

/** The one JSON object that the hook printed, if it is one. @param {string | undefined} text */
const objectIn = (text) => {
  try {
    return fieldsOf(JSON.parse(text ?? ""))
  } catch {
    // It printed nothing, or something that is no answer.
    return {}
  }
}
