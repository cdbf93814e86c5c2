/** Which hooks a client runs for a payload, by what its settings file says. */
import { parse } from "jsonc-parser"
import type { Json, JsonObject } from "../../../app/ports/Agent.ts"
import { isObject, listOf, textOf } from "../Payload.ts"
import type { HookForm } from "./HookSettings.ts"

export interface Matching {
  readonly layout: HookForm["layout"]
  /** What the matchers of an event are tried on; undefined: that event has none, or Nexus uses none there. */
  readonly subjectOf: (event: string, payload: JsonObject) => string | undefined
  /** Names separated by "|" or "," are exact; anything else is an expression. Otherwise each is an expression. */
  readonly names: boolean
}

/** Each command once, in the order of the file: clients run an identical command once per event. */
export const commandsFor = (settings: string, payload: JsonObject, matching: Matching): ReadonlyArray<string> => {
  const event = textOf(payload["hook_event_name"])
  const root = parse(settings) as Json | undefined
  if (event === undefined || !isObject(root) || !isObject(root["hooks"])) return []
  const subject = matching.subjectOf(event, payload)
  const commands = listOf(root["hooks"][event])
    .filter(isObject)
    .flatMap((group) => {
      const matcher = textOf(group["matcher"])
      if (subject !== undefined && matcher !== undefined && !matches(matcher, subject, matching)) return []
      return (matching.layout === "flat" ? [group] : listOf(group["hooks"]))
        .filter(isObject)
        .flatMap((hook) => ((hook["type"] ?? "command") === "command" ? (textOf(hook["command"]) ?? []) : []))
    })
  return [...new Set(commands)]
}

/** Expressions are not anchored. */
const matches = (matcher: string, subject: string, { names }: Matching): boolean => {
  if (matcher === "" || matcher === "*") return true
  if (names && /^[A-Za-z0-9_|, -]+$/.test(matcher)) return matcher.split(/[|,]/).some((name) => name.trim() === subject)
  try {
    return new RegExp(matcher).test(subject)
  } catch {
    // Claude Code takes a broken expression for one that matches nothing, and Nexus writes none.
    return false
  }
}
