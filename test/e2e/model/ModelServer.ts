/** A model service on the loopback interface whose model follows scripts. It remembers every request. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Anthropic } from "./Anthropic.ts"
import type { Dialect, Request } from "./Dialect.ts"
import { Gemini } from "./Gemini.ts"
import { OpenAi } from "./OpenAi.ts"
import { OpenAiResponses } from "./OpenAiResponses.ts"
import { type Asked, says, type Reply, type Script } from "./Script.ts"

const dialects: ReadonlyArray<Dialect> = [OpenAi, OpenAiResponses, Anthropic, Gemini]

/** The conversations that one script answers. */
export interface Following {
  /** Its requests so far. */
  readonly asked: ReadonlyArray<Asked>
  /** The request with this number (from 1), once it has come. */
  readonly request: (number: number) => Promise<Asked>
}

export interface ModelServer {
  readonly url: string
  /** Answers by a script whatever conversation a user began with words that contain these. */
  readonly follow: (words: string, script: Script) => Following
  /** What was asked for that no dialect knows or no script answers. */
  readonly strays: ReadonlyArray<string>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

interface Followed extends Following {
  readonly words: string
  readonly answer: (asked: Request) => Reply
}

const following = (words: string, script: Script): Followed => {
  const asked: Array<Asked> = []
  const waiting: Array<{ readonly number: number; readonly arrived: (asked: Asked) => void }> = []
  return {
    words,
    asked,
    answer: (request) => {
      const numbered = { ...request, number: asked.length + 1 }
      asked.push(numbered)
      for (const { number, arrived } of waiting) if (number === numbered.number) arrived(numbered)
      return script(numbered)
    },
    request: (number) => {
      const there = asked[number - 1]
      return there === undefined ? new Promise((arrived) => waiting.push({ number, arrived })) : Promise.resolve(there)
    }
  }
}

export const serveModel = async (): Promise<ModelServer> => {
  const strays: Array<string> = []
  const scripts: Array<Followed> = []
  let answers = 0

  const replyTo = (request: Request): Reply => {
    // Without tools it is for a title or the like.
    if (request.tools.length === 0) return says("A title")
    const first = request.messages.find(({ role }) => role === "user")?.text ?? ""
    const script = scripts.find(({ words }) => first.includes(words))
    if (script === undefined) strays.push(`a conversation that begins with ${JSON.stringify(first.slice(0, 200))}`)
    return script?.answer(request) ?? says("There is no script for this.")
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textFrom(request)
    const dialect = dialects.find(({ speaks }) => speaks(request))
    if (dialect === undefined) {
      strays.push(`${request.method} ${request.url}`)
      response.writeHead(404).end("{}")
      return
    }
    const asked = dialect.read(JSON.parse(body), request.url ?? "")
    const reply = replyTo(asked)
    answers += 1
    const {
      status,
      headers,
      body: answer
    } = dialect.write(reply, asked, `${answers}`.padStart(4, "0"), request.url ?? "")
    await reply.after
    if (!response.destroyed) response.writeHead(status, headers).end(answer)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((cause: unknown) => {
      strays.push(`${request.method} ${request.url}: ${String(cause)}`)
      response.destroy()
    })
  })
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    strays,
    follow: (words, script) => {
      const followed = following(words, script)
      scripts.push(followed)
      return followed
    },
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      })
  }
}

const textFrom = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}
