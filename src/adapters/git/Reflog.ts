/** HEAD's reflog: where it was moved, by which operation, and when. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { HeadMove } from "../../app/ports/History.ts"
import { text } from "./Git.ts"
import { layoutOf, read } from "./Layout.ts"

/** Oldest first. */
export const reflog = (checkout: string): Effect.Effect<ReadonlyArray<HeadMove>> =>
  Effect.suspend(() => {
    const layout = layoutOf(checkout)
    if (layout === undefined) return Effect.succeed([])
    return layout.tables
      ? askedReflog(checkout)
      : Effect.succeed(parseReflog(read(join(layout.gitDir, "logs/HEAD")) ?? ""))
  })

/** `FROM TO NAME <ADDRESS> SECONDS ZONE`, a tab, and what the operation says of itself. */
const entry = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) .*?> (\d+) [+-]\d+(?:\t(.*))?$/

const parseReflog = (log: string): ReadonlyArray<HeadMove> =>
  log.split("\n").flatMap((line): ReadonlyArray<HeadMove> => {
    const [, from, to, seconds, message = ""] = entry.exec(line) ?? []
    // The last line may be half written.
    return from === undefined || to === undefined
      ? []
      : [{ from, to, at: Number(seconds) * 1000, ...operation(message) }]
  })

/** git lists only where HEAD came to, newest first. */
const askedReflog = (checkout: string): Effect.Effect<ReadonlyArray<HeadMove>> =>
  text(checkout, [
    "log",
    "--walk-reflogs",
    "-z",
    "--date=raw",
    "--no-show-signature",
    "--format=%H %gd %gs",
    "HEAD"
  ]).pipe(
    Effect.map((listed) => {
      const moves: Array<HeadMove> = []
      for (const line of listed.split("\0").reverse()) {
        const [, to, seconds, message = ""] = /^(\S+) HEAD@\{(\d+) [+-]\d+\} ?(.*)$/s.exec(line) ?? []
        if (to === undefined) continue
        const from = moves.at(-1)?.to ?? "0".repeat(to.length)
        moves.push({ from, to, at: Number(seconds) * 1000, ...operation(message) })
      }
      return moves
    }),
    Effect.catchAll(() => Effect.succeed([]))
  )

/**
 * The operation as `HeadMoved.verb` words it: its first word and its step. "pull --rebase origin main (pick): Subject" is
 * "pull (pick)". Of a checkout also what was checked out.
 */
export const operation = (message: string): Pick<HeadMove, "verb" | "onto"> => {
  const [, word, step] = /^([A-Za-z][\w-]{0,39})(?:[^(:]*(\([\w -]{1,20}\)))?/.exec(message) ?? []
  const verb = word === undefined ? "update" : step === undefined ? word : `${word} ${step}`
  const onto = verb === "checkout" ? /: moving from \S+ to (\S+)$/.exec(message)?.[1] : undefined
  return onto === undefined ? { verb } : { verb, onto }
}
