/** The payload that a hook is given on stdin, read once. */
import { readFileSync } from "node:fs"
import type { Json, JsonObject } from "../app/ports/Agent.ts"

let kept: Buffer | undefined

/** Thrown: what reading throws. */
export const given = (): Buffer => (kept ??= readFileSync(0))

/** What is no JSON object asks for no answer. */
export const objectIn = (bytes: Buffer): JsonObject => {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as Json
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
  } catch {
    return {}
  }
}
