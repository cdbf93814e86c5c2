/** Times as users write and read them. */
import * as Effect from "effect/Effect"
import { UsageWrong } from "./Invocation.ts"

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** "90s", "15m", "2h", "7d", "3w" (ago), or a date or time in ISO 8601 (local without a zone): milliseconds since 1970. */
export const parseTime = (option: string, text: string): Effect.Effect<number, UsageWrong> => {
  const ago = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(text.trim())
  const unit = units[ago?.[2] ?? ""]
  if (ago !== null && unit !== undefined) return Effect.sync(() => Date.now() - Number(ago[1]) * unit)
  // A date alone would be read as UTC: people mean their own midnight.
  const parsed = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text)
  return Number.isNaN(parsed) || !/\d{4}/.test(text)
    ? Effect.fail(
        new UsageWrong({
          message: `${option}: ${JSON.stringify(text)} is no time. Write 2h, 7d, 2026-11-22 or 2026-11-22T13:30:00Z.`
        })
      )
    : Effect.succeed(parsed)
}
