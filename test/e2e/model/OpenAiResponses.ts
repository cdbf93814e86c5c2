/** OpenAI's responses, streamed: what Codex speaks. */
import {
  type Dialect,
  fieldsOf,
  type Fields,
  listOf,
  streamHeaders,
  textIn,
  textOf,
  tokensAsked,
  tokensOf
} from "./Dialect.ts"
import type { Call, Message } from "./Script.ts"

/** What Codex says in the user's stead before the user says anything: its folder and the like. */
const preamble = /^<environment_context>/

const messageOf = (value: unknown): Message => {
  const item = fieldsOf(value)
  const text = textIn(item["content"])
  switch (item["type"]) {
    case "function_call":
    case "custom_tool_call":
      return { role: "assistant", text: "", calls: [callOf(item)] }
    case "function_call_output":
    case "custom_tool_call_output":
      return { role: "tool", text: textIn(item["output"]), calls: [] }
    default:
      return { role: preamble.test(text) ? "system" : (roles[textOf(item["role"])] ?? "user"), text, calls: [] }
  }
}

const roles: Readonly<Record<string, Message["role"]>> = {
  system: "system",
  developer: "system",
  assistant: "assistant"
}

/** A tool with a form of its own takes a text instead of arguments: here that is its argument `input`. */
const callOf = ({ type, name, arguments: args, input }: Fields): Call => ({
  tool: textOf(name),
  args: type === "custom_tool_call" ? { input: textOf(input) } : fieldsOf(JSON.parse(textOf(args) || "{}"))
})

/** Those of Codex that have a form of their own. */
const freeform = new Set(["apply_patch", "exec"])

const itemOf = ({ tool, args }: Call, id: string): Fields =>
  freeform.has(tool)
    ? { type: "custom_tool_call", id: `ctc_${id}`, call_id: `call_${id}`, name: tool, input: textOf(args["input"]) }
    : { type: "function_call", id: `fc_${id}`, call_id: `call_${id}`, name: tool, arguments: JSON.stringify(args) }

/** Some are in a namespace. */
const namesOf = (tool: unknown): ReadonlyArray<string> => {
  const { name, tools } = fieldsOf(tool)
  return tools === undefined ? [textOf(name)] : listOf(tools).flatMap(namesOf)
}

export const OpenAiResponses: Dialect = {
  speaks: ({ method, url }) => method === "POST" && /\/v1\/responses(?:$|\?)/.test(url ?? ""),

  read: (body) => {
    const { model, instructions, input: items, tools } = fieldsOf(body)
    const input = listOf(items)
    const more = input.map(fieldsOf).filter(({ type }) => type === "additional_tools")
    return {
      model: textOf(model),
      messages: [{ role: "system", text: textOf(instructions), calls: [] }, ...input.map(messageOf)],
      tools: [tools, ...more.map((item) => item["tools"])].flatMap(listOf).flatMap(namesOf)
    }
  },

  write: ({ text = "", calls = [], fails }, asked, id) => {
    if (fails !== undefined) {
      return {
        status: fails.status,
        headers: {
          "content-type": "application/json",
          ...(fails.retryAfter === undefined ? {} : { "retry-after": `${fails.retryAfter}` })
        },
        body: JSON.stringify({ error: { type: "scripted", message: fails.message } })
      }
    }
    const said = { type: "message", id: `msg_${id}`, role: "assistant", content: [{ type: "output_text", text }] }
    const items: ReadonlyArray<Fields> = [
      ...(text === "" ? [] : [said]),
      ...calls.map((call, index) => itemOf(call, `${id}_${index}`))
    ]
    const [input, output] = [tokensAsked(asked), tokensOf(JSON.stringify(items))]
    const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output }
    const events: ReadonlyArray<Fields> = [
      { type: "response.created", response: { id: `resp_${id}` } },
      ...items.map((item, index) => ({ type: "response.output_item.done", output_index: index, item })),
      { type: "response.completed", response: { id: `resp_${id}`, usage } }
    ]
    const lines = events.map((event) => `event: ${textOf(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`)
    return { status: 200, headers: streamHeaders, body: lines.join("") }
  }
}
