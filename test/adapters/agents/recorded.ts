/** Payloads that were recorded from the clients themselves, without any model service behind them. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "../../../src/app/ports/Agent.ts"

const folder = join(import.meta.dirname, "../../fixtures/hooks")

const open = (path: string): JsonObject => JSON.parse(readFileSync(path, "utf8")) as JsonObject

/** Every payload of a client's hooks, by the name of its file. */
export const recordedOf = (client: string): ReadonlyArray<readonly [name: string, payload: JsonObject]> =>
  readdirSync(join(folder, client))
    .sort()
    .map((name) => [name.replace(/\.json$/, ""), open(join(folder, client, name))] as const)
    // What the client's server answered is no hook's payload.
    .filter(([, one]) => !Array.isArray(one))
    .map(([name, one]) => [name, (one["payload"] ?? one) as JsonObject] as const)

export const recordedAs = (client: string, name: string): JsonObject => {
  const one = open(join(folder, client, `${name}.json`))
  return (one["payload"] ?? one) as JsonObject
}

/** What paths in the recordings are relative to. */
export const recordedProject = "/home/dev/project"

/** A recorded payload as it would have been sent from another folder. */
export const moved = (payload: JsonObject, project: string): JsonObject =>
  JSON.parse(JSON.stringify(payload).replaceAll(recordedProject, JSON.stringify(project).slice(1, -1))) as JsonObject
