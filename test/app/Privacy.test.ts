import { createHash, randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { ingest } from "../../src/app/Ingest.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { git, payload, repository, world, type World, written } from "./world.ts"

const letters = (count: number): string =>
  [...randomBytes(count)]
    .map((byte) => "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789".charAt(byte % 56))
    .join("")

/** Secrets that open nothing, put together here so that no scanner finds any in this file. */
const fakes = () => [
  ["gh", "p_", letters(36)].join(""),
  [
    "AK",
    "IA",
    letters(16)
      .toUpperCase()
      .replace(/[^A-Z2-7]/g, "Q")
  ].join("")
]

const address = () => [`ada.${letters(8)}`, "@", "lovelace", ".org"].join("")

/** Which of `needles` are anywhere in the home: in the bytes of any file while the log is open, or in a stored content. */
const found = (at: World, needles: ReadonlyArray<string>) =>
  at.run(
    Effect.gen(function* () {
      yield* ingest()
      const log = yield* EventLog
      const hashes = log.database.prepare("SELECT hash FROM blobs").pluck().all() as ReadonlyArray<string>
      const contents = yield* Effect.forEach(hashes, (hash) => log.blobs.get(hash))
      const files = readdirSync(at.home.path, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile()
      )
      expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(["nexus.db", "nexus.db-wal"]))
      const everything = [...contents, ...files.map((entry) => readFileSync(join(entry.parentPath, entry.name)))]
      return needles.filter((needle) => everything.some((bytes) => bytes?.includes(needle)))
    })
  )

const tool = (event: string, tool_use_id: string, fields: Record<string, unknown>) =>
  payload(event, { tool_name: "Bash", tool_use_id, ...fields })

/** Each place of a payload where a text can stand, but file contents. */
const places = (text: string): ReadonlyArray<Record<string, unknown>> => [
  payload("UserPromptSubmit", { prompt: `take ${text} please`, prompt_id: "p" }),
  payload("UserPromptExpansion", { command_name: "login", command_args: text, prompt: `/login ${text}` }),
  tool("PreToolUse", "1", { tool_input: { command: `curl -H 'X: ${text}' http://localhost`, description: text } }),
  tool("PostToolUse", "2", { tool_input: {}, tool_response: { stdout: `found ${text}\nend`, stderr: text } }),
  tool("PostToolUse", "3", { tool_input: { list: [[{ deep: text }]] }, tool_response: [text] }),
  tool("PostToolUse", "4", { tool_input: { [text]: "as a key" }, tool_response: text }),
  tool("PostToolUseFailure", "5", { tool_input: {}, error: `Exit code 1\n${text}` }),
  payload("PostToolBatch", { tool_calls: [{ tool_response: text }] }),
  payload("Stop", { last_assistant_message: `I wrote ${text} down` }),
  payload("StopFailure", { error: text, error_details: text, last_assistant_message: text }),
  payload("SubagentStop", { agent_id: "a", agent_type: "b", last_assistant_message: text }),
  payload("Notification", { message: text, title: text, notification_type: "x" }),
  payload("TaskCreated", { task_id: "1", task_subject: text, task_description: text }),
  payload("PreCompact", { trigger: "manual", custom_instructions: text }),
  payload("PostCompact", { trigger: "manual", compact_summary: text }),
  payload("SessionStart", { source: "startup", session_title: text, something_new: text }),
  payload("SomethingNew", { with: { what: text } })
]

describe("secrets", () => {
  it("in prompts, commands, results and messages reach no byte of the home once they are recorded", async () => {
    for (const secret of fakes()) {
      using at = world()
      for (const one of places(secret)) at.deliver(one)
      expect(await found(at, [secret])).toEqual([])
      expect(at.rejected()).toEqual([])
      expect((await at.events()).length).toBeGreaterThanOrEqual(places("").length)
    }
  })

  it("in file contents are taken out of what is stored, while the hashes stay those of the real file", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const [secret = ""] = fakes()
    const before = `// settings\nexport const token = "${secret}"\n${"// filler\n".repeat(40)}`
    const after = `${before}// more\n`
    const file = at.put("project/settings.js", after)
    at.deliver(
      written(file, after, {
        cwd: top,
        tool_response: { type: "update", filePath: file, content: after, structuredPatch: [], originalFile: before }
      })
    )
    expect(await found(at, [secret])).toEqual([])
    const [edit] = await at.ofType("FileEdited")
    for (const [content, ref] of [
      [before, edit?.payload.before],
      [after, edit?.payload.after]
    ] as const) {
      expect(ref?.hash).toBe(createHash("sha256").update(content).digest("hex"))
      expect(ref?.bytes).toBe(Buffer.byteLength(content))
      expect(ref?.blob).not.toBe(ref?.hash)
      expect(ref?.redacted).toHaveLength(1)
      const [rule = ""] = ref?.redacted ?? []
      expect(await at.blob(ref?.blob)).toBe(content.replace(secret, `[redacted:${rule}]`))
    }
    expect(edit?.payload.after?.oid).toBe(git(top, "hash-object", file))
  })

  it("in the diff of a shell command and in the file that it changed are taken out", async () => {
    using at = world()
    const [secret = ""] = fakes()
    const file = at.put("env.txt", `token = "${secret}"\n`)
    const hunks = [{ oldStart: 0, oldLines: 0, newStart: 1, newLines: 1, lines: [`+token = "${secret}"`] }]
    const response = {
      bashEditDiff: { files: [{ filePath: file, hunks, created: true }], moreFiles: 0, changedFiles: [file] }
    }
    await at.ingest(
      at.deliver(tool("PostToolUse", "1", { tool_input: { command: "make env" }, tool_response: response }))
    )
    expect(await found(at, [secret])).toEqual([])
    const [edit] = await at.ofType("FileEdited")
    expect(edit?.payload).toMatchObject({ evidence: "disk", operation: "created", before: null })
    expect(edit?.payload.after?.hash).toBe(createHash("sha256").update(readFileSync(file)).digest("hex"))
  })

  it("in a remote's URL do not reach the log", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const [secret = ""] = fakes()
    git(top, "remote", "add", "origin", `https://ada:${secret}@example.com/ada/x.git`)
    at.deliver(payload("Stop", { cwd: top }))
    expect(await found(at, [secret])).toEqual([])
    expect((await at.ofType("ProjectRegistered"))[0]?.payload.remote).toBe("example.com/ada/x")
  })
})

describe("addresses and tokens of the client", () => {
  it("addresses in prompts, commands, results and messages reach no byte of the home", async () => {
    using at = world()
    const mail = address()
    for (const one of places(mail)) at.deliver(one)
    expect(await found(at, [mail])).toEqual([])
  })

  it("addresses in prompts reach no byte of the home, however short the prompt", async () => {
    using at = world()
    const mail = address()
    at.deliver(payload("UserPromptSubmit", { prompt: mail, prompt_id: "p" }))
    expect(await found(at, [mail])).toEqual([])
    const [prompt] = await at.ofType("PromptSubmitted")
    expect(prompt?.payload.content?.hash).toBe(createHash("sha256").update(mail).digest("hex"))
  })

  it("addresses in file contents reach no byte of the home, while the hash stays that of the real file", async () => {
    using at = world()
    const mail = address()
    const content = `{ "author": "${mail}" }\n${"filler\n".repeat(60)}`
    at.deliver(written("/nowhere/package.json", content))
    expect(await found(at, [mail])).toEqual([])
    const [edit] = await at.ofType("FileEdited")
    expect(edit?.payload.after?.hash).toBe(createHash("sha256").update(content).digest("hex"))
  })

  it("who is logged in, and what would let others talk to the client, is dropped wherever it stands", async () => {
    using at = world()
    const values = ["v1", "v2", "v3", "v4", "v5"].map((value) => `${value}-${letters(12)}`)
    const [a, b, c, d, e] = values
    at.deliver(payload("Stop", { user_email: a, account: { email: b }, auth_token: c, list: [{ session_token: d }] }))
    at.deliver(payload("Stop", { headers: { Authorization: e } }))
    expect(await found(at, values)).toEqual([])
  })

  it("the account of a git server is no address", async () => {
    using at = world()
    await at.record(tool("PreToolUse", "1", { tool_input: { command: "git clone git@github.com:ada/x.git" } }))
    expect((await at.ofType("ToolStarted"))[0]?.payload.target).toBe("git clone git@github.com:ada/x.git")
  })
})

const prompt = "Please rename everything to something better, carefully"
const submitted = (cwd: string, text = prompt) => payload("UserPromptSubmit", { cwd, prompt: text, prompt_id: "p-1" })
const hashed = { hash: createHash("sha256").update(prompt).digest("hex") }

describe("capture.prompts", () => {
  it("full, the default, keeps the prompt: its beginning in the event, all of it stored", async () => {
    using at = world()
    await at.record(submitted(at.root))
    const [event] = await at.ofType("PromptSubmitted")
    expect(event?.payload).toMatchObject({
      by: "human",
      prompt: "p-1",
      excerpt: prompt,
      content: { blob: hashed.hash }
    })
    expect(await at.blob(event?.payload.content?.blob)).toBe(prompt)
  })

  const configured: ReadonlyArray<readonly [config: string, kept: "hash" | "off" | "full"]> = [
    ['{ "capture": { "prompts": "hash" } }', "hash"],
    ['// mine\n{ "capture": { "prompts": "off", }, }\n', "off"],
    ['{ "capture": { "prompts": "full" } }', "full"],
    ["{}", "full"],
    ["", "full"],
    ['{ "capture": { "prompts": "hash" }', "hash"],
    ['{ "capture": { "prompts": "none" } }', "hash"],
    ['{ "capture": { "prompt": "full" } }', "hash"],
    ["[]", "hash"],
    ['"off"', "hash"]
  ]

  const expectKept = async (at: World, kept: "hash" | "off" | "full") => {
    const [event] = await at.ofType("PromptSubmitted")
    expect(event?.payload).toMatchObject({ by: "human", prompt: "p-1" })
    const leaked = await found(at, [prompt])
    expect(leaked).toEqual(kept === "full" ? [prompt] : [])
    if (kept === "full") return
    expect(event?.payload.excerpt).toBeUndefined()
    expect(event?.payload.content?.blob).toBeUndefined()
    expect(event?.payload.content?.hash).toBe(kept === "hash" ? hashed.hash : undefined)
  }

  it.each(configured)("%j in the home's config.jsonc keeps: %s", async (config, kept) => {
    using at = world()
    at.put("nexus/config.jsonc", config)
    await at.record(submitted(at.root))
    await expectKept(at, kept)
  })

  it.each(configured)("%j in the project's .nexus/config.jsonc keeps: %s", async (config, kept) => {
    using at = world()
    const top = repository(join(at.root, "project"))
    at.put("project/.nexus/config.jsonc", config)
    await at.record(submitted(at.folder("project/sub/folder")), payload("Stop", { cwd: top }))
    await expectKept(at, kept)
  })

  it("the project's setting is stronger than the home's, in both directions", async () => {
    for (const [home, project, kept] of [
      ["full", "off", "off"],
      ["off", "full", "full"]
    ] as const) {
      using at = world()
      repository(join(at.root, "project"))
      at.put("nexus/config.jsonc", JSON.stringify({ capture: { prompts: home } }))
      at.put("project/.nexus/config.jsonc", JSON.stringify({ capture: { prompts: project } }))
      await at.record(submitted(join(at.root, "project")))
      await expectKept(at, kept)
    }
  })

  it("with a config.jsonc that cannot be read, prompts are not kept", async () => {
    using at = world()
    at.folder("nexus/config.jsonc")
    await at.record(submitted(at.root))
    await expectKept(at, "hash")
  })

  it.each(["hash", "off"])("%s keeps nothing that a person typed, in whichever event it comes", async (prompts) => {
    using at = world()
    at.put("nexus/config.jsonc", JSON.stringify({ capture: { prompts } }))
    at.deliver(submitted(at.root))
    at.deliver(payload("UserPromptExpansion", { command_name: "fix", command_args: prompt, prompt: `/fix ${prompt}` }))
    at.deliver(payload("SessionStart", { source: "resume", session_title: prompt }))
    expect(await found(at, [prompt])).toEqual([])
  })

  it.each(["hash", "off"])(
    "%s keeps no instructions for a compaction, and no summary that quotes prompts",
    async (prompts) => {
      using at = world()
      at.put("nexus/config.jsonc", JSON.stringify({ capture: { prompts } }))
      at.deliver(payload("PreCompact", { trigger: "manual", custom_instructions: prompt }))
      at.deliver(payload("PostCompact", { trigger: "manual", compact_summary: `All user messages:\n- ${prompt}` }))
      expect(await found(at, [prompt])).toEqual([])
    }
  )
})
