/** Decisions about stops, looked at again: listed, explained fact by fact, and made once more from recorded facts. */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { StopDecided } from "../../domain/boulder/BoulderEvents.ts"
import { decide, rules } from "../../domain/boulder/Decide.ts"
import { Facts } from "../../domain/boulder/Facts.ts"
import { defaultLimits, Limits } from "../../domain/boulder/Limits.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import { NotFound } from "../Find.ts"
import { givenText } from "../GivenText.ts"
import { here } from "../Here.ts"
import { isoTime } from "../isoTime.ts"
import { settleLost } from "./Lost.ts"

/** The newest first. */
export const history = (options: { readonly limit: number; readonly session?: string | undefined }) =>
  Effect.gen(function* () {
    const { project, config } = yield* here
    yield* settleLost(project, config)
    return Boulders.decisions((yield* EventLog).database, project, options)
  })

/** Why a decision was made: its facts, and each rule in turn. `position` undefined: the last decision here. */
export const explain = (position: number | undefined) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { project } = yield* here
    const [last] = Boulders.decisions(log.database, project, { limit: 1 })
    const wanted = position ?? last?.position
    const missing = new NotFound({
      what: "decision",
      name: String(wanted ?? "yet"),
      hint: "List them: nexus boulder history"
    })
    if (wanted === undefined) return yield* missing
    const [event] = yield* log.page({ after: wanted - 1 }, 1)
    if (
      event?.position !== wanted ||
      event.type !== "StopDecided" ||
      event.payload === null ||
      event.project !== project
    )
      return yield* missing
    const { text, ...decision } = event.payload
    const told = text?.blob === undefined ? undefined : yield* log.blobs.get(text.blob)
    return {
      id: wanted,
      time: isoTime(event.time),
      ...decision,
      text: told?.toString("utf8") ?? null,
      rules: tried(decision)
    }
  })

/** The rules that were asked, in order; the last one applied. */
const tried = ({ facts, limits }: Pick<StopDecided, "facts" | "limits">) => {
  const index = rules.findIndex(({ apply }) => apply(facts, limits) !== undefined)
  return rules.slice(0, index + 1).map(({ name, apply }) => ({ name, applied: apply(facts, limits) !== undefined }))
}

/** What is not as a decision's facts are. */
export class FactsRefused extends Schema.TaggedError<FactsRefused>()("FactsRefused", {
  file: Schema.String,
  document: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file}, document ${this.document}: ${this.reason}`
  }
}

const Recorded = Schema.Struct({
  facts: Facts,
  limits: Schema.optionalWith(Limits, { default: () => defaultLimits }),
  verdict: Schema.optional(Schema.Literal("allow", "continue", "escalate")),
  rule: Schema.optional(Schema.String)
})

/**
 * Decides on recorded facts: one JSON document, or one a line. Each is `{facts, limits?, verdict?, rule?}`, as `nexus boulder explain
 * --json` prints it, or an event as `nexus events --json` does. `isSame`: whether the recorded verdict came out again.
 */
export const simulate = (file: string) =>
  Effect.gen(function* () {
    const hint = "Such as what this prints: nexus boulder explain --json"
    const refused = (source: string, reason: string) => new FactsRefused({ file: source, document: 1, reason })
    const { source, text } = yield* givenText(file, hint, refused)
    const documents = yield* documentsIn(source, text)
    return yield* Effect.forEach(documents, (document, index) =>
      Effect.gen(function* () {
        const { facts, limits, verdict, rule } = yield* Schema.decodeUnknown(Recorded)(bare(document)).pipe(
          Effect.mapError((wrong) => {
            const [issue] = ParseResult.ArrayFormatter.formatErrorSync(wrong)
            const reason = `${issue?.path.map(String).join(".") || "it"}: ${issue?.message ?? wrong.message}`
            return new FactsRefused({ file: source, document: index + 1, reason })
          })
        )
        const decision = decide(facts, limits)
        const isSame =
          (verdict === undefined || verdict === decision.verdict) && (rule === undefined || rule === decision.rule)
        return { ...decision, recorded: verdict === undefined ? null : { verdict, rule: rule ?? null }, isSame }
      })
    )
  })

const documentsIn = (file: string, text: string): Effect.Effect<ReadonlyArray<unknown>, FactsRefused> =>
  Effect.try({
    try: () => {
      try {
        const whole = JSON.parse(text) as unknown
        return Array.isArray(whole) ? (whole as ReadonlyArray<unknown>) : [whole]
      } catch {
        return text
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line) => JSON.parse(line) as unknown)
      }
    },
    catch: (cause) =>
      new FactsRefused({
        file,
        document: 1,
        reason: `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })

/** An event holds them in its payload. */
const bare = (document: unknown): unknown =>
  typeof document === "object" && document !== null && "payload" in document ? document.payload : document
