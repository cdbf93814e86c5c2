/** Anthropic's messages, streamed: what Claude Code speaks. */
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
import type { Message } from "./Script.ts"

/** What tools gave back comes in the user's messages there: those become messages of their own. */
const messagesOf = (value: unknown): ReadonlyArray<Message> => {
  const { role, content } = fieldsOf(value)
  const blocks = listOf(content).map(fieldsOf)
  const results = blocks.filter(({ type }) => type === "tool_result")
  const calls = blocks.filter(({ type }) => type === "tool_use")
  const rest = typeof content === "string" ? content : textIn(blocks.filter(({ type }) => type === "text"))
  return [
    ...results.map((block): Message => ({ role: "tool", text: textIn(block["content"]), calls: [] })),
    ...(results.length > 0 && rest === ""
      ? []
      : [
          {
            role: role === "assistant" ? ("assistant" as const) : ("user" as const),
            text: rest,
            calls: calls.map(({ name, input }) => ({ tool: textOf(name), args: fieldsOf(input) }))
          }
        ])
  ]
}

export const Anthropic: Dialect = {
  speaks: ({ method, url }) => method === "POST" && /\/v1\/messages(?:$|\?)/.test(url ?? ""),

  read: (body) => {
    const { model, system, messages, tools } = fieldsOf(body)
    return {
      model: textOf(model),
      messages: [{ role: "system", text: textIn(system), calls: [] }, ...listOf(messages).flatMap(messagesOf)],
      tools: listOf(tools).map((tool) => textOf(fieldsOf(tool)["name"]))
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
        body: JSON.stringify({
          type: "error",
          error: { type: fails.status === 429 ? "rate_limit_error" : "invalid_request_error", message: fails.message }
        })
      }
    }
    const blocks = [
      ...(text === "" ? [] : [{ start: { type: "text", text: "" }, delta: { type: "text_delta", text } }]),
      ...calls.map(({ tool, args }, index) => ({
        start: { type: "tool_use", id: `toolu_${id}_${index}`, name: tool, input: {} },
        delta: { type: "input_json_delta", partial_json: JSON.stringify(args) }
      }))
    ]
    const usage = { input_tokens: tokensAsked(asked), output_tokens: tokensOf(JSON.stringify(blocks)) }
    const message = {
      id: `msg_${id}`,
      type: "message",
      role: "assistant",
      model: asked.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 }
    }
    const events: ReadonlyArray<Fields> = [
      { type: "message_start", message },
      ...blocks.flatMap(({ start, delta }, index) => [
        { type: "content_block_start", index, content_block: start },
        { type: "content_block_delta", index, delta },
        { type: "content_block_stop", index }
      ]),
      {
        type: "message_delta",
        delta: { stop_reason: calls.length === 0 ? "end_turn" : "tool_use", stop_sequence: null },
        usage
      },
      { type: "message_stop" }
    ]
    const lines = events.map((event) => `event: ${textOf(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`)
    return { status: 200, headers: streamHeaders, body: lines.join("") }
  }
}
