/** Google's generateContent, whole or streamed: what Gemini CLI speaks. */
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

const path = /\/models\/([^/:]+):(generateContent|streamGenerateContent)(?:$|\?)/

/** What Gemini CLI says in the user's stead before the user says anything: its folder and the like. */
const preamble = /^<session_context>/

/** What tools gave back, and that, come in the user's messages there: those become messages of their own. */
const messagesOf = (value: unknown): ReadonlyArray<Message> => {
  const { role, parts } = fieldsOf(value)
  const blocks = listOf(parts).map(fieldsOf)
  const texts = blocks.filter(({ text }) => textOf(text) !== "")
  const isPreamble = ({ text }: Fields): boolean => preamble.test(textOf(text))
  const rest = texts.filter((part) => !isPreamble(part))
  const calls = blocks.map(({ functionCall }) => fieldsOf(functionCall)).filter(({ name }) => name !== undefined)
  return [
    ...blocks
      .filter(({ functionResponse }) => functionResponse !== undefined)
      .map(({ functionResponse }) => messageOf("tool", JSON.stringify(fieldsOf(functionResponse)["response"]))),
    ...texts.filter(isPreamble).map((part) => messageOf("system", textIn([part]))),
    ...(rest.length === 0 && calls.length === 0
      ? []
      : [
          {
            ...messageOf(role === "model" ? "assistant" : "user", textIn(rest)),
            calls: calls.map(({ name, args }) => ({ tool: textOf(name), args: fieldsOf(args) }))
          }
        ])
  ]
}

const messageOf = (role: Message["role"], text: string): Message => ({ role, text, calls: [] })

export const Gemini: Dialect = {
  speaks: ({ method, url }) => method === "POST" && path.test(url ?? ""),

  read: (body, url) => {
    const { systemInstruction, contents, tools } = fieldsOf(body)
    return {
      model: path.exec(url)?.[1] ?? "",
      messages: [
        { role: "system", text: textIn(fieldsOf(systemInstruction)["parts"]), calls: [] },
        ...listOf(contents).flatMap(messagesOf)
      ],
      tools: listOf(tools)
        .flatMap((tool) => listOf(fieldsOf(tool)["functionDeclarations"]))
        .map((tool) => textOf(fieldsOf(tool)["name"]))
    }
  },

  write: ({ text = "", calls = [], fails }, asked, id, url) => {
    if (fails !== undefined) {
      return {
        status: fails.status,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ error: { code: fails.status, status: "SCRIPTED", message: fails.message } })
      }
    }
    const parts: ReadonlyArray<Fields> = [
      ...(text === "" ? [] : [{ text }]),
      ...calls.map(({ tool, args }, index) => ({ functionCall: { id: `call_${id}_${index}`, name: tool, args } }))
    ]
    const [prompt, candidates] = [tokensAsked(asked), tokensOf(JSON.stringify(parts))]
    const answer = JSON.stringify({
      candidates: [{ index: 0, content: { role: "model", parts }, finishReason: "STOP" }],
      usageMetadata: {
        promptTokenCount: prompt,
        candidatesTokenCount: candidates,
        totalTokenCount: prompt + candidates
      },
      modelVersion: asked.model,
      responseId: `resp_${id}`
    })
    return path.exec(url)?.[2] === "generateContent"
      ? { status: 200, headers: { "content-type": "application/json" }, body: answer }
      : { status: 200, headers: streamHeaders, body: `data: ${answer}\n\n` }
  }
}
