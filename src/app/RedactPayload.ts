/** A payload without what must not reach the log: secrets, e-mail addresses, tokens of the hook itself. */
import type { Json, JsonObject } from "./ports/Agent.ts"
import type { Secrets } from "./ports/Secrets.ts"

/** Fields that are dropped wherever they stand: who is logged in, and what would let others talk to the client. */
const dropped =
  /^(?:.*_)?(?:email|user_email|messaging_token|messaging_socket|session_token|auth_token|access_token|authorization)$/i

/** Addresses as they stand in text (a subset of RFC 5322 addr-spec: dot-atom local part, domain with a letter ending). */
const email = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,24}\b/g

/** Shorter texts hold no secret that a rule could tell. */
const shortest = 8

/** Deeper than any client nests; a payload made to break the stack is cut there. */
const deepest = 100

/** `reference` may put a reference in a text's place, where its content is stored apart. */
export const redactPayload = (
  payload: JsonObject,
  redact: Secrets["Type"]["redact"],
  reference: (text: string) => JsonObject | undefined
): JsonObject => {
  const clean = (value: Json, depth: number): Json => {
    if (typeof value === "string") return value.length < shortest ? value : (reference(value) ?? cleanText(value))
    if (typeof value !== "object" || value === null) return value
    if (depth > deepest) return "[nested too deeply]"
    return Array.isArray(value)
      ? (value as ReadonlyArray<Json>).map((item) => clean(item, depth + 1))
      : cleanObject(value as JsonObject, depth)
  }
  const cleanObject = (object: JsonObject, depth: number): JsonObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([key, value]) =>
        dropped.test(key) ? [] : [[key.length < shortest ? key : cleanText(key), clean(value, depth + 1)]]
      )
    )
  const cleanText = (text: string): string => {
    const { text: safe } = redact(text)
    // "git@" is the account of every git server, and part of remotes' URLs.
    return safe.includes("@")
      ? safe.replace(email, (address) => (address.startsWith("git@") ? address : "[redacted:email]"))
      : safe
  }
  return cleanObject(payload, 0)
}
