/** Payloads that were recorded from Claude Code, as tests of its adapter read them. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"

const top = join(import.meta.dirname, "../../../..")

export const demo = join(top, "demo/claude")
export const fixtures = join(top, "test/fixtures")

const folders = ["demo/claude/session", "test/fixtures/claude/shapes", "test/fixtures/hooks/claude"]

/** What was not a hook's stdin: requests of the http kind, and the status line. */
const isHook = (name: string) => name.endsWith(".json") && !/^(http\.|statusline)/.test(name)

const open = (path: string): JsonObject => {
  const value = JSON.parse(readFileSync(path, "utf8")) as JsonObject
  return (value["client"] === undefined ? value : value["payload"]) as JsonObject
}

/** Every recorded payload, by the name of its file. */
export const recorded: ReadonlyArray<readonly [name: string, payload: JsonObject]> = folders.flatMap((folder) =>
  readdirSync(join(top, folder))
    .filter(isHook)
    .sort()
    .map((name) => [`${folder}/${name}`, open(join(top, folder, name))] as const)
)

export const shape = (name: string): JsonObject => open(join(fixtures, "claude/shapes", `${name}.json`))

export const hook = (name: string): JsonObject => open(join(fixtures, "hooks/claude", `${name}.json`))

/** The recorded session, in order of delivery. */
export const session: ReadonlyArray<JsonObject> = readdirSync(join(demo, "session"))
  .filter((name) => /^\d+\./.test(name))
  .sort()
  .map((name) => open(join(demo, "session", name)))
