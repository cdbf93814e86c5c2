/** A lifecycle hook as it is written: a line for the shell, several of them, or with more to say of it. */
import * as Schema from "effect/Schema"
import type { Hook, HookStage } from "../../../domain/workspace/Spec.ts"
import { millisecondsOf } from "../Times.ts"

const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute

/** How long each may take unless it says so itself. */
const timeouts: Readonly<Record<HookStage, number>> = {
  setup: 30 * minute,
  start: 5 * minute,
  stop: minute,
  teardown: 5 * minute,
  health: 10 * second
}

/** After a start, all is to be well within this time unless a hook says otherwise. */
const within = minute

const Line = Schema.String.pipe(Schema.minLength(1))
const Command = Schema.Union(Line, Schema.NonEmptyArray(Line))
const Time = Schema.String.pipe(Schema.pattern(/^\d{1,5}[smh]$/))

const fields = { command: Command, timeout: Schema.optional(Time) }
const Plain = Schema.Union(Command, Schema.Struct(fields))
const Start = Schema.Union(Command, Schema.Struct({ ...fields, detach: Schema.optional(Schema.Boolean) }))
const Health = Schema.Union(Command, Schema.Struct({ ...fields, within: Schema.optional(Time) }))

/** What each stage's setting may be. */
export const hookSchemas = { setup: Plain, start: Start, stop: Plain, teardown: Plain, health: Health } as const

/** Besides `command` and `timeout`. */
export const hookKeys: Readonly<Record<HookStage, ReadonlyArray<string>>> = {
  setup: [],
  start: ["detach"],
  stop: [],
  teardown: [],
  health: ["within"]
}

type Written = typeof Start.Type | typeof Health.Type

/** One a line; undefined when a time in it can't be. */
export const hooksFrom = (stage: HookStage, written: Written): ReadonlyArray<Hook> | undefined => {
  const given: Exclude<Written, string | ReadonlyArray<string>> =
    typeof written === "string" || isLines(written) ? { command: written } : written
  const lines = typeof given.command === "string" ? [given.command] : given.command
  const timeoutMs = timeOf(given.timeout, timeouts[stage])
  const withinMs = timeOf("within" in given ? given.within : undefined, within)
  if (timeoutMs === undefined || withinMs === undefined) return undefined
  return lines.map((command, index) => ({
    stage,
    name: lines.length === 1 ? stage : `${stage} ${index + 1}`,
    command,
    timeoutMs,
    ...("detach" in given && given.detach === true ? { detach: true } : {}),
    ...(stage === "health" ? { withinMs } : {})
  }))
}

const isLines = (written: Written): written is readonly [string, ...ReadonlyArray<string>] => Array.isArray(written)

const timeOf = (text: unknown, byDefault: number): number | undefined => {
  if (text === undefined) return byDefault
  const ms = millisecondsOf(text)
  return ms === undefined || ms < second || ms > day ? undefined : ms
}
