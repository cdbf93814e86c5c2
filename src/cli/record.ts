/** `nexus record`: edits that any tool tells on stdin, as one JSON object or as JSON lines. */
import { readFileSync } from "node:fs"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { GenericAgent } from "../adapters/agents/generic/GenericAgent.ts"
import { recordIn } from "../adapters/agents/generic/Form.ts"
import { ingest } from "../app/Ingest.ts"
import { Nexus } from "../app/Nexus.ts"
import type { JsonObject } from "../app/ports/Agent.ts"
import * as Spool from "../events/Spool.ts"
import { globals } from "./Globals.ts"
import { UsageWrong } from "./Invocation.ts"
import { Output } from "./Output.ts"
import { withLog } from "./withLog.ts"

/** What was sent could not be recorded beside what is recorded already. */
export class RecordRefused extends Schema.TaggedError<RecordRefused>()("RecordRefused", {
  reason: Schema.String
}) {
  override get message() {
    return `It was not recorded: ${this.reason}. Give it another id, or send the same again.`
  }
}

export const recordCommand = Command.make("record", { ...globals }, () =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { home } = yield* Nexus
      const payloads = yield* payloadsIn(yield* stdin)
      const spool = Spool.make(home.spool)
      const names: Array<string> = []
      for (const payload of payloads)
        names.push(yield* spool.deliver(GenericAgent.name, Buffer.from(JSON.stringify(payload))))
      // Only of the one record that a tool waits for is the disk what it tells of.
      const { recorded, repeated } = yield* ingest(names.length === 1 ? names[0] : undefined)
      const refused = (yield* spool.rejected).find(({ name }) => names.includes(name))
      if (refused !== undefined) return yield* new RecordRefused({ reason: refused.reason })
      yield* output.result({ recorded, repeated }, () => [
        `Recorded ${recorded}${repeated === 0 ? "" : `; ${repeated} had been recorded before`}.`
      ])
    })
  )
).pipe(Command.withDescription("Record edits that any tool or editor sends on stdin, as JSON"))

const stdin = Effect.suspend(() =>
  process.stdin.isTTY
    ? Effect.fail(new UsageWrong({ message: "nexus record reads JSON from stdin: see docs/recording.md." }))
    : Effect.sync(() => readFileSync(0, "utf8"))
)

/** All of them are looked at before one is recorded. */
const payloadsIn = (text: string): Effect.Effect<ReadonlyArray<JsonObject>, UsageWrong> =>
  Effect.gen(function* () {
    const whole = parsed(text)
    const lines = text.split("\n").filter((line) => line.trim() !== "")
    if (lines.length === 0) return yield* new UsageWrong({ message: "There is nothing on stdin to record." })
    const found: Array<JsonObject> = []
    for (const [index, value] of (whole === undefined ? lines.map(parsed) : [whole]).entries()) {
      const place = whole === undefined && lines.length > 1 ? `Line ${index + 1} of stdin` : "What is on stdin"
      if (value === undefined) return yield* new UsageWrong({ message: `${place} is no JSON.` })
      if (!isObject(value)) return yield* new UsageWrong({ message: `${place} is JSON, but no object.` })
      yield* Effect.mapError(
        recordIn(value),
        ({ reason }) => new UsageWrong({ message: `${place} cannot be recorded: ${reason}.` })
      )
      found.push(value)
    }
    return found
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
