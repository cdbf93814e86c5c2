/** What Claude Code (2.1.330) keeps itself of its conversations in a folder, and which of its settings switch hooks off. */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs"
import { join } from "node:path"
import { parse } from "jsonc-parser"
import type { Conversation, ClientPlace, Json } from "../../../app/ports/Agent.ts"
import { sessionNamed } from "../Identity.ts"
import { isObject } from "../Payload.ts"
import { agentName } from "./Translate.ts"

const configOf = ({ env, home }: ClientPlace): string => env["CLAUDE_CONFIG_DIR"] || join(home, ".claude")

/** Settings of an organization: on Linux, and on macOS. */
const managed = [
  "/etc/claude-code/managed-settings.json",
  "/Library/Application Support/ClaudeCode/managed-settings.json"
]

/** The layers of its settings, the one that has the last word first. */
export const silenced = (place: ClientPlace): string | undefined => {
  const settingsIn = (file: string) => {
    const value = parse(place.read(file) ?? "{}") as Json | undefined
    return isObject(value) ? value : {}
  }
  const exclusive = managed.find((file) => settingsIn(file)["allowManagedHooksOnly"] === true)
  if (exclusive !== undefined) return `only hooks of the organization run, by allowManagedHooksOnly in ${exclusive}`
  const layers = [
    ...managed,
    join(place.checkout, ".claude/settings.local.json"),
    join(place.checkout, ".claude/settings.json"),
    join(configOf(place), "settings.json")
  ]
  const said = layers.find((file) => settingsIn(file)["disableAllHooks"] !== undefined)
  return said !== undefined && settingsIn(said)["disableAllHooks"] === true
    ? `all hooks are switched off, by disableAllHooks in ${said}`
    : undefined
}

/** Its transcripts are in a folder that is named after the one that it was started in. */
export const lastConversation = (place: ClientPlace, since: number): Conversation | undefined => {
  const folder = join(configOf(place), "projects", place.checkout.replaceAll(/[^A-Za-z0-9]/g, "-"))
  return transcriptsIn(folder)
    .filter(({ active }) => active > since)
    .toSorted((a, b) => b.active - a.active)
    .flatMap(({ file, id }) => {
      const began = beginOf(file)
      const session = sessionNamed(agentName, id)
      return session === null || began === undefined || began < since ? [] : [{ session, began }]
    })[0]
}

const transcriptsIn = (folder: string) => {
  try {
    return readdirSync(folder).flatMap((name) => {
      const id = /^([0-9a-f]{8}-[0-9a-f-]{27})\.jsonl$/.exec(name)?.[1]
      const file = join(folder, name)
      return id === undefined ? [] : [{ file, id, active: statSync(file).mtimeMs }]
    })
  } catch {
    // The client was never here.
    return []
  }
}

/** The first time that is told in it; milliseconds since 1970. */
const beginOf = (file: string): number | undefined => {
  try {
    const start = Buffer.alloc(64 * 1024)
    const descriptor = openSync(file, "r")
    const length = readSync(descriptor, start)
    closeSync(descriptor)
    const time = /"timestamp":"([^"]+)"/.exec(start.toString("utf8", 0, length))?.[1]
    const began = Date.parse(time ?? "")
    return Number.isNaN(began) ? undefined : began
  } catch {
    // It is gone again.
    return undefined
  }
}
