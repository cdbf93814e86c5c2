/** How one service's protocol says what a script says. */
import type { IncomingMessage } from "node:http"
import type { Asked, Reply } from "./Script.ts"

/** A request, before its script counts it. */
export type Request = Omit<Asked, "number">

export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Dialect {
  /** Whether a request is of this protocol, by its method and path. */
  readonly speaks: (request: IncomingMessage) => boolean
  /** `url`: the request's path, which says something in some protocols. */
  readonly read: (body: unknown, url: string) => Request
  /** `id`: makes the ids in the answer unlike those in other answers. */
  readonly write: (reply: Reply, asked: Request, id: string, url: string) => Response
}

export type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {}

export const listOf = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? (value as Array<unknown>) : []

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** The text of a content that is either text or a list of blocks, of which those with text count. */
export const textIn = (content: unknown): string =>
  typeof content === "string"
    ? content
    : listOf(content)
        .map((block) => textOf(fieldsOf(block)["text"]))
        .filter((text) => text !== "")
        .join("\n")

export const streamHeaders = { "content-type": "text/event-stream", "cache-control": "no-cache" }

/** A rough number of tokens, as services report it: four characters are one. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4)

export const tokensAsked = ({ messages }: Request): number => tokensOf(messages.map(({ text }) => text).join(""))
