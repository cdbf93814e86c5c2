/** A payload without what must not reach the log: secrets, e-mail addresses, tokens of the hook itself. */
import type { Json, JsonObject } from "./ports/Agent.ts"
import type { Secrets } from "./ports/Secrets.ts"

/** Fields that are dropped wherever they stand: who is logged in, and what would let others talk to the client. */
const dropped =
  /^(?:.*_)?(?:email|user_email|messaging_token|messaging_socket|session_token|auth_token|access_token|authorization)$/i

/** Addresses as they stand in text (a subset of RFC 5322 addr-spec: dot-atom local part, domain with a letter ending). */
const email = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,24}\b/g

/** Shorter texts hold neither a secret that a rule could tell nor an address. */
const shortest = 6

/** Deeper than any client nests; a payload made to break the stack is cut there. */
const deepest = 100

type Redact = Secrets["Type"]["redact"]

/** Text without secrets and e-mail addresses, line for line; and the rules that found something. */
export const cleanText = (text: string, redact: Redact): ReturnType<Redact> => {
  if (text.length < shortest) return { text, rules: [] }
  const found = redact(text)
  if (!found.text.includes("@")) return found
  // "git@" is the account of every git server, and part of remotes' URLs.
  const clean = found.text.replace(email, (address) => (address.startsWith("git@") ? address : "[redacted:email]"))
  return clean === found.text ? found : { text: clean, rules: [...found.rules, "email"] }
}

/** `reference` may put a reference in a text's place, where its content is stored apart. */
export const redactPayload = (
  payload: JsonObject,
  redact: Redact,
  reference: (text: string) => JsonObject | undefined
): JsonObject => {
  const clean = (value: Json, depth: number): Json => {
    if (typeof value === "string") return reference(value) ?? cleanText(value, redact).text
    if (typeof value !== "object" || value === null) return value
    if (depth > deepest) return "[nested too deeply]"
    return Array.isArray(value)
      ? (value as ReadonlyArray<Json>).map((item) => clean(item, depth + 1))
      : cleanObject(value as JsonObject, depth)
  }
  const cleanObject = (object: JsonObject, depth: number): JsonObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([key, value]) =>
        dropped.test(key) ? [] : [[cleanText(key, redact).text, clean(value, depth + 1)]]
      )
    )
  return cleanObject(payload, 0)
}
