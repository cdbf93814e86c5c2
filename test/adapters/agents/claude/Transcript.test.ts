import { execFileSync, spawnSync } from "node:child_process"
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { modelIn, subagentTranscript, usageIn } from "../../../../src/adapters/agents/claude/Transcript.ts"
import { read } from "../../../../src/adapters/agents/claude/Translate.ts"
import type { UsageReported } from "../../../../src/domain/SessionEvents.ts"
import { scratch } from "../../../support/log.ts"
import { demo, session } from "./payloads.ts"

const recorded = join(demo, "session/transcript.jsonl")
const lines = readFileSync(recorded, "utf8").trimEnd().split("\n")

const assistant = (id: string, model = "opus", call?: string, usage: object = { input_tokens: 1, output_tokens: 2 }) =>
  `${JSON.stringify({
    type: "assistant",
    message: { id, model, usage, content: call === undefined ? [] : [{ type: "tool_use", id: call, name: "X" }] }
  })}\n`

/** Totals without where they stand. */
const totals = (usage: UsageReported | undefined) => {
  const { offset: _, lastMessage: __, ...rest } = usage ?? ({} as UsageReported)
  return rest
}

describe("the model of a tool call", () => {
  it("is found for every call of the recorded session", () => {
    const calls = [...readFileSync(recorded, "utf8").matchAll(/"type":"tool_use","id":"(toolu_\w+)"/g)].map(
      ([, id]) => id
    )
    expect(calls).toHaveLength(11)
    for (const call of calls) expect(modelIn(recorded, call)).toBe("claude-opus-5-5")
  })

  it("is that of the call itself, not of the last message", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    writeFileSync(file, assistant("1", "opus", "a") + assistant("2", "haiku", "b"))
    expect(modelIn(file, "a")).toBe("opus")
    expect(modelIn(file, "b")).toBe("haiku")
  })

  it("is the last model while the call's own line is not written yet, or half written", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    writeFileSync(file, assistant("1", "opus", "a"))
    expect(modelIn(file, "late")).toBe("opus")
    appendFileSync(file, assistant("2", "haiku", "late").slice(0, -20))
    expect(modelIn(file, "late")).toBe("opus")
    expect(modelIn(file, undefined)).toBe("opus")
  })

  it("is known from the client's announcement before the first message", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    writeFileSync(file, lines.filter((line) => line.includes('"modelId"')).join("\n"))
    expect(modelIn(file, undefined)).toBe("claude-opus-5-5")
  })

  it("is never the client's own <synthetic>", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    writeFileSync(file, assistant("1", "opus") + assistant("2", "<synthetic>"))
    expect(modelIn(file, undefined)).toBe("opus")
  })

  it("is not known without a transcript", () => {
    using folder = scratch()
    for (const path of [join(folder.path, "none"), folder.path, "", "\0", join(recorded, "below")])
      expect(modelIn(path, "a")).toBeUndefined()
  })

  it("is found at the end of 5 MB", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    const filler = `${JSON.stringify({ type: "user", message: { content: "filler, no model here ".repeat(200) } })}\n`
    writeFileSync(
      file,
      assistant("0", "old") + filler.repeat(1200) + assistant("1", "opus", "a") + assistant("2", "haiku", "b")
    )
    expect(statSync(file).size).toBeGreaterThan(5_000_000)
    expect(modelIn(file, "a")).toBe("opus")
    expect(modelIn(file, "b")).toBe("haiku")
  })

  it("follows the transcript as it grows", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    writeFileSync(file, "")
    for (const [index, model] of ["a", "b", "a", "c"].entries()) {
      appendFileSync(file, assistant(String(index), model, `call-${index}`))
      expect(modelIn(file, undefined)).toBe(model)
      expect(modelIn(file, `call-${index}`)).toBe(model)
    }
  })

  it("of a subagent is in the transcript beside that of its session", () => {
    using folder = scratch()
    const transcript = join(folder.path, "abc.jsonl")
    const own = subagentTranscript(transcript, "aba16a9a3bf49f439")
    mkdirSync(join(folder.path, "abc/subagents"), { recursive: true })
    copyFileSync(recorded, transcript)
    copyFileSync(join(demo, "session/subagents/agent-aba16a9a3bf49f439.jsonl"), own)
    expect(readdirSync(join(folder.path, "abc/subagents"))).toEqual(["agent-aba16a9a3bf49f439.jsonl"])
    const models = session
      .filter((one) => one["hook_event_name"] === "PostToolUse")
      .map((one) => Effect.runSync(read({ ...one, transcript_path: transcript }, { live: false, usage: () => null })))
      .map((reading) => reading.subagentModel ?? reading.model?.name)
    expect(new Set(models)).toEqual(new Set(["claude-opus-5-5", "claude-sonnet-5-5"]))
    expect(models.filter((model) => model === "claude-sonnet-5-5")).toHaveLength(2)
  })
})

describe("usage", () => {
  it("of the recorded session counts each message once, though its lines repeat it", () => {
    const byId = new Map<string, any>()
    for (const line of lines.map((text) => JSON.parse(text)))
      if (line.type === "assistant") byId.set(line.message.id, line.message.usage)
    const sum = (field: string) => [...byId.values()].reduce((total, usage) => total + (usage[field] ?? 0), 0)
    const found = usageIn(recorded, null)
    expect(found).toMatchObject({
      messages: byId.size,
      inputTokens: sum("input_tokens"),
      outputTokens: sum("output_tokens"),
      cacheReadTokens: sum("cache_read_input_tokens"),
      cacheWriteTokens: sum("cache_creation_input_tokens"),
      offset: statSync(recorded).size,
      lastMessage: [...byId.keys()].at(-1)
    })
    expect(byId.size).toBe(12)
    expect(usageIn(recorded, found ?? null)).toEqual(found)
  })

  it("read in steps, wherever the file was cut, is what it is when read at once", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    const message = fc.record({ lines: fc.integer({ min: 1, max: 4 }), output: fc.nat(1000), other: fc.nat(2) })
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), cuts, (messages, where) => {
        const text = messages
          .map(({ lines: repeats, output, other }, index) => {
            const line = assistant(`m${index}`, "é🙂opus", undefined, { input_tokens: 3, output_tokens: output })
            return `{"type":"user","n":"ü"}\n`.repeat(other) + line.repeat(repeats)
          })
          .join("")
        const bytes = Buffer.from(text)
        let before: UsageReported | null = null
        for (const size of [
          ...where.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b),
          bytes.length
        ]) {
          writeFileSync(file, bytes.subarray(0, size))
          before = usageIn(file, before) ?? before
        }
        const whole = usageIn(file, null)
        expect(totals(before ?? undefined)).toEqual(totals(whole))
        expect(whole).toMatchObject({
          messages: messages.length,
          outputTokens: messages.reduce((total, { output }) => total + output, 0)
        })
      }),
      { numRuns: 150 }
    )
  })

  it("leaves a half-written last line for the next time", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    const [first, second] = [assistant("1"), assistant("2")]
    writeFileSync(file, first + second.slice(0, -1))
    const half = usageIn(file, null)
    expect(half).toMatchObject({ messages: 1, offset: first.length, lastMessage: "1" })
    appendFileSync(file, "\n")
    expect(usageIn(file, half ?? null)).toMatchObject({ messages: 2, offset: first.length + second.length })
  })

  it("is not known without a transcript, nor when it became shorter than what was read", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    expect(usageIn(file, null)).toBeUndefined()
    writeFileSync(file, assistant("1") + assistant("2"))
    const before = usageIn(file, null)
    writeFileSync(file, assistant("1"))
    expect(usageIn(file, before ?? null)).toBeUndefined()
  })

  it("of 5 MB is read whole", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    const line = `${JSON.stringify({ type: "user", message: { content: "filler ".repeat(600) } })}\n`
    writeFileSync(file, Array.from({ length: 1300 }, (_, index) => line + assistant(`m${index}`)).join(""))
    expect(statSync(file).size).toBeGreaterThan(5_000_000)
    expect(usageIn(file, null)).toMatchObject({ messages: 1300, inputTokens: 1300, outputTokens: 2600 })
  })

  it("counts nothing that is no count, and is always a whole number", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    for (const [index, value] of [-1, 1.5, "7", null, {}, true, 1e300].entries())
      appendFileSync(file, assistant(`m${index}`, "opus", undefined, { input_tokens: value, output_tokens: 1 }))
    expect(usageIn(file, null)).toMatchObject({ inputTokens: 0, outputTokens: 7 })
  })
})

describe("hostile transcripts", () => {
  it("any JSON in place of any part of a line is passed over, and what is found can be recorded", () => {
    using folder = scratch()
    const file = join(folder.path, "t.jsonl")
    const part = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(null, "", 0, [], {}, 2 ** 53 - 1, "usage", "assistant")
    )
    const line = fc.record(
      {
        type: fc.oneof(fc.constant("assistant"), part),
        message: fc.oneof(
          part,
          fc.record({
            id: fc.oneof(fc.constant("m"), part),
            model: part,
            usage: part,
            content: fc.oneof(part, fc.array(part))
          })
        ),
        attachment: fc.oneof(part, fc.record({ type: fc.constant("model"), identity: part })),
        usage: part
      },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(line, part), { maxLength: 4 }), (found) => {
        writeFileSync(file, found.map((one) => `${JSON.stringify(one)}\n`).join(""))
        const model = modelIn(file, "m")
        expect(model === undefined || typeof model === "string").toBe(true)
        for (const [name, value] of Object.entries(usageIn(file, null) ?? {})) {
          if (name === "lastMessage") expect(typeof value).toBe("string")
          else expect(Number.isSafeInteger(value)).toBe(true)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("a transcript that is a pipe without a writer holds nobody up", () => {
    using folder = scratch()
    const pipe = join(folder.path, "t.jsonl")
    execFileSync("mkfifo", [pipe])
    const source = new URL("../../../../src/adapters/agents/claude/Transcript.ts", import.meta.url).href
    const script = `const t = await import(${JSON.stringify(source)}); console.log(t.modelIn(${JSON.stringify(pipe)}, "a"), t.usageIn(${JSON.stringify(pipe)}, null))`
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 15_000
    })
    expect(ran.stdout).toBe("undefined undefined\n")
  })
})
