/** What Codex (0.169.0) keeps itself of its conversations in a folder, and which of its settings keep hooks from running. */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs"
import { join } from "node:path"
import { parse } from "smol-toml"
import type { ClientPlace, Conversation, Json } from "../../../app/ports/Agent.ts"
import { sessionNamed } from "../Identity.ts"
import { isObject, objectOf, textOf } from "../Payload.ts"
import { agentName } from "./Translate.ts"

const homeOf = ({ env, home }: ClientPlace): string => env["CODEX_HOME"] || join(home, ".codex")

/** The hooks of a checkout count only where its folder is trusted. Whether a person reviewed them is the client's secret. */
export const silenced = (place: ClientPlace): string | undefined => {
  const file = join(homeOf(place), "config.toml")
  const text = place.read(file)
  const settings = text === undefined ? {} : settingsIn(text)
  if (settings === undefined) return undefined
  if (objectOf(settings["features"])["hooks"] === false) return `hooks are switched off, by features.hooks in ${file}`
  const trust = textOf(objectOf(objectOf(settings["projects"])[place.checkout])["trust_level"])
  return trust === "untrusted" ? `this folder is not trusted, by trust_level in ${file}` : undefined
}

const settingsIn = (text: string) => {
  try {
    return objectOf(parse(text) as Json)
  } catch {
    // Codex says so itself, and does not start.
    return undefined
  }
}

/** So many of its last conversations are looked through, in whatever folder they were. */
const most = 50

/** They are in folders by their day, each with a first line of its own about where it was. */
export const lastConversation = (place: ClientPlace, since: number): Conversation | undefined =>
  filesIn(join(homeOf(place), "sessions"))
    .filter(({ active }) => active > since)
    .toSorted((a, b) => b.active - a.active)
    .slice(0, most)
    .flatMap(({ file }) => {
      const { timestamp, payload } = firstOf(file)
      const began = Date.parse(textOf(timestamp) ?? "")
      const { id, cwd } = objectOf(payload)
      const session = sessionNamed(agentName, textOf(id))
      return session === null || cwd !== place.checkout || !(began >= since) ? [] : [{ session, began }]
    })[0]

const filesIn = (folder: string) => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /rollout-[^/\\]*\.jsonl$/.test(name))
      .map((name) => ({ file: join(folder, name), active: statSync(join(folder, name)).mtimeMs }))
  } catch {
    // The client was never started by this person.
    return []
  }
}

/** Its first line, which holds the model's instructions as well. */
const firstOf = (file: string) => {
  try {
    const start = Buffer.alloc(1024 * 1024)
    const descriptor = openSync(file, "r")
    const length = readSync(descriptor, start)
    closeSync(descriptor)
    const [line = ""] = start.toString("utf8", 0, length).split("\n", 1)
    const value = JSON.parse(line) as Json
    return isObject(value) ? value : {}
  } catch {
    // It is gone again, or in a form of another version.
    return {}
  }
}
