/**
 * What Claude Code's transcript (one JSON object a line) tells beside the hooks: which model made a tool call, and how many
 * tokens were used. As seen in 2.1.330: lines are written about 100 ms late, so a call's own line may not be there yet at
 * its hook; usage is final and repeated on each line of one message id.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs"
import type { UsageReported } from "../../../domain/SessionEvents.ts"

/** How much of the end of a transcript is searched for a model. */
const tailBytes = 1024 * 1024

/** How much of a transcript is read at once for usage; the rest is read at the next report. */
const usageBytes = 32 * 1024 * 1024

/** A subagent's transcript lies beside that of its session. */
export const subagentTranscript = (transcript: string, subagent: string): string =>
  `${transcript.replace(/\.jsonl$/, "")}/subagents/agent-${subagent}.jsonl`

/** The model that made the tool call `call`; if its line is not there (yet), the last model that the transcript names. */
export const modelIn = (transcript: string, call: string | undefined): string | undefined => {
  const found = models(transcript)
  return (call === undefined ? undefined : found?.byCall.get(call)) ?? found?.last
}

interface Models {
  readonly transcript: string
  readonly size: number
  readonly byCall: ReadonlyMap<string, string>
  readonly last: string | undefined
}

// Many payloads of one session are read in a row: the transcript is looked through again only when it has grown.
let lastModels: Models | undefined

const models = (transcript: string): Models | undefined => {
  let size = 0
  const range = readRange(transcript, (now) => {
    size = now
    return lastModels?.transcript === transcript && lastModels.size === now
      ? undefined
      : [Math.max(0, now - tailBytes), now]
  })
  if (range === undefined)
    return lastModels?.transcript === transcript && lastModels.size === size ? lastModels : undefined
  const byCall = new Map<string, string>()
  let last: string | undefined
  for (const line of range.bytes.toString("utf8").split("\n")) {
    if (!line.includes('"model')) continue
    const entry = parsed(line)
    const model = entry === undefined ? undefined : modelOf(entry)
    if (model === undefined) continue
    last = model
    const content: unknown = entry?.message?.content
    for (const block of Array.isArray(content) ? (content as ReadonlyArray<unknown>) : []) {
      if (typeof block === "object" && block !== null && "id" in block && typeof block.id === "string")
        byCall.set(block.id, model)
    }
  }
  lastModels = { transcript, size, byCall, last }
  return lastModels
}

/** The session's usage up to the transcript's present end, going on from an earlier report. */
export const usageIn = (transcript: string, before: UsageReported | null): UsageReported | undefined => {
  const from = before?.offset ?? 0
  const range = readRange(transcript, (size) => (size < from ? undefined : [from, Math.min(size, from + usageBytes)]))
  if (range === undefined) return undefined
  // The last line may be half written.
  const end = range.bytes.lastIndexOf(0x0a) + 1
  const counted = new Set(before?.lastMessage === undefined ? [] : [before.lastMessage])
  let { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, messages, lastMessage } = before ?? nothing
  for (const line of range.bytes.toString("utf8", 0, end).split("\n")) {
    if (!line.includes('"usage"') || !line.includes('"assistant"')) continue
    const { usage, id } = parsed(line)?.message ?? {}
    if (typeof usage !== "object" || usage === null || typeof id !== "string" || counted.has(id)) continue
    counted.add(id)
    lastMessage = id
    messages += 1
    inputTokens = plus(inputTokens, usage.input_tokens)
    outputTokens = plus(outputTokens, usage.output_tokens)
    cacheReadTokens = plus(cacheReadTokens, usage.cache_read_input_tokens)
    cacheWriteTokens = plus(cacheWriteTokens, usage.cache_creation_input_tokens)
  }
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    messages,
    offset: from + end,
    ...(lastMessage === undefined ? {} : { lastMessage })
  }
}

const nothing: UsageReported = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  messages: 0,
  offset: 0
}

/** The parts of a line that are read here. Whatever else a line is, these are absent from it. */
interface Entry {
  readonly type?: string
  readonly message?: {
    readonly id?: string
    readonly model?: string
    readonly content?: unknown
    readonly usage?: Readonly<Record<string, unknown>>
  }
  readonly attachment?: { readonly type?: string; readonly identity?: { readonly modelId?: string } }
}

const modelOf = (entry: Entry): string | undefined => {
  // The client writes messages of its own under the model "<synthetic>".
  const model =
    entry.type === "assistant"
      ? entry.message?.model
      : entry.attachment?.type === "model"
        ? entry.attachment.identity?.modelId
        : undefined
  return typeof model === "string" && /^[\w./:@[\]-]{1,200}$/.test(model) ? model : undefined
}

const parsed = (line: string): Entry | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? value : undefined
  } catch {
    // Half written, or cut by the window that is read.
    return undefined
  }
}

const plus = (total: number, value: unknown): number =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Math.min(total + Number(value), Number.MAX_SAFE_INTEGER) : total

const readRange = (
  path: string,
  choose: (size: number) => readonly [from: number, to: number] | undefined
): { readonly bytes: Buffer } | undefined => {
  let file: number
  try {
    // Opening a pipe would wait for somebody to write to it.
    if (!statSync(path).isFile()) return undefined
    file = openSync(path, "r")
  } catch {
    // There is no transcript yet, or it is gone: hooks work without it.
    return undefined
  }
  try {
    const stat = fstatSync(file)
    const range = choose(stat.size)
    if (range === undefined) return undefined
    const buffer = Buffer.alloc(range[1] - range[0])
    return { bytes: buffer.subarray(0, readSync(file, buffer, 0, buffer.length, range[0])) }
  } finally {
    closeSync(file)
  }
}
