/** OpenAI's chat completions, streamed: what @ai-sdk/openai-compatible speaks. */
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

const roles: Readonly<Record<string, Message["role"]>> = {
  system: "system",
  developer: "system",
  assistant: "assistant",
  tool: "tool"
}

const messageOf = (value: unknown): Message => {
  const { role, content, tool_calls: calls } = fieldsOf(value)
  return {
    role: roles[textOf(role)] ?? "user",
    text: textIn(content),
    calls: listOf(calls).map((one) => {
      const { name, arguments: args } = fieldsOf(fieldsOf(one)["function"])
      return { tool: textOf(name), args: fieldsOf(JSON.parse(textOf(args) || "{}")) }
    })
  }
}

export const OpenAi: Dialect = {
  speaks: ({ method, url }) => method === "POST" && /\/chat\/completions(?:$|\?)/.test(url ?? ""),

  read: (body) => {
    const { model, messages, tools } = fieldsOf(body)
    return {
      model: textOf(model),
      messages: listOf(messages).map(messageOf),
      tools: listOf(tools).map((tool) => textOf(fieldsOf(fieldsOf(tool)["function"])["name"]))
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
    const head = { id: `chatcmpl-${id}`, object: "chat.completion.chunk", created: 0, model: asked.model }
    const chunk = (delta: Fields, finish: string | null = null): Fields => ({
      ...head,
      choices: [{ index: 0, delta, finish_reason: finish }]
    })
    const asks = calls.map(({ tool, args }, index) => ({
      index,
      id: `call_${id}_${index}`,
      type: "function",
      function: { name: tool, arguments: JSON.stringify(args) }
    }))
    const usage = { prompt_tokens: tokensAsked(asked), completion_tokens: tokensOf(text + JSON.stringify(asks)) }
    const chunks = [
      chunk({ role: "assistant", content: text }),
      ...(asks.length === 0 ? [] : [chunk({ tool_calls: asks })]),
      chunk({}, asks.length === 0 ? "stop" : "tool_calls"),
      { ...head, choices: [], usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } }
    ]
    const events = chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`)
    return { status: 200, headers: streamHeaders, body: `${events.join("")}data: [DONE]\n\n` }
  }
}
