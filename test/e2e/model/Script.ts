/** What a scripted model is asked, and what it answers. The same script serves every client and its service's dialect. */

/** One message of the conversation so far, in the words that all dialects share. */
export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool"
  /** All of its text; of a tool's message, what the tool gave back. */
  readonly text: string
  /** The tools that the model called in it. */
  readonly calls: ReadonlyArray<Call>
}

/** A tool that the model calls, by the client's name for it. */
export interface Call {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
}

/** A request to the model, with its number (from 1) among those that its script answers. */
export interface Asked {
  readonly number: number
  readonly model: string
  readonly messages: ReadonlyArray<Message>
  /** The tools that it may call. A request without any is for a title or a summary: no script sees it. */
  readonly tools: ReadonlyArray<string>
}

export interface Reply {
  readonly text?: string
  readonly calls?: ReadonlyArray<Call>
  /** Answers only once this is settled. */
  readonly after?: Promise<unknown>
  /** Fails instead, with an HTTP status; a number of seconds in `retryAfter` goes into its header. */
  readonly fails?: { readonly status: number; readonly message: string; readonly retryAfter?: number }
}

/** Pure but for what it remembers: the same requests in the same order get the same answers. */
export type Script = (asked: Asked) => Reply

export const call = (tool: string, args: Call["args"]): Reply => ({ calls: [{ tool, args }] })

export const says = (text: string): Reply => ({ text })

export const fails = (status: number, message: string): Reply => ({ fails: { status, message } })

/** These answers, one a request; what is asked for beyond them gets the last one again. */
export const inOrder = (...replies: ReadonlyArray<Reply>): Script => {
  let next = 0
  return () => replies[Math.min(next++, replies.length - 1)] ?? says("Done.")
}

/** What the user, or Nexus in the user's stead, said last. */
export const lastSaid = ({ messages }: Asked): string => messages.findLast(({ role }) => role === "user")?.text ?? ""

/** The last words of a user's that match, and how many tools have given something back since then. */
export const lastMatch = (
  { messages }: Asked,
  pattern: RegExp
): { readonly found: RegExpExecArray; readonly steps: number } | undefined => {
  const at = messages.findLastIndex(({ role, text }) => role === "user" && pattern.test(text))
  const found = pattern.exec(messages[at]?.text ?? "")
  if (found === null) return undefined
  return { found, steps: messages.slice(at).filter(({ role }) => role === "tool").length }
}
