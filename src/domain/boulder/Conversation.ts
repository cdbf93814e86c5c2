/** One conversation of a run, from one decision about its stops to the next. */
import type { StopDecided } from "./BoulderEvents.ts"
import { delayOf } from "./Decide.ts"
import type { Facts } from "./Facts.ts"

/** What a run remembers of one conversation: what its last decision knew, and what came of it. */
export interface Conversation {
  /** The last decision: its position in the log, and when it was made. */
  readonly decided: { readonly position: number; readonly time: number }
  readonly turn: string | null
  /** Continuations since a person last spoke. */
  readonly sinceHuman: number
  /** A continuation that nothing has come of yet: the position of its decision, and when the client may begin with it. */
  readonly pending: { readonly position: number; readonly time: number } | null
  readonly lost: number
  readonly tokensBefore: number | null
  /** When it was last compacted. */
  readonly compacted: number | null
  readonly failures: Facts["failures"]
  readonly tallies: Tallies
}

/** How the work went over the last stops: see `Facts`. */
export type Tallies = Pick<
  Facts,
  "fingerprint" | "fingerprints" | "textOnly" | "sameProgress" | "sameAnswer" | "answer" | "failing" | "tokens"
>

export const noTallies: Tallies = {
  fingerprint: "",
  fingerprints: [],
  textOnly: 0,
  sameProgress: 0,
  sameAnswer: 0,
  answer: null,
  failing: [],
  tokens: null
}

const talliesOf = ({
  fingerprint,
  fingerprints,
  textOnly,
  sameProgress,
  sameAnswer,
  answer,
  failing,
  tokens
}: Facts): Tallies => ({ fingerprint, fingerprints, textOnly, sameProgress, sameAnswer, answer, failing, tokens })

/**
 * A stop that was granted ends the row. One at which the work was not looked at is no sign of how it goes; but a person's words
 * before it end the row as well, and so does a tool call that of stops without any.
 */
const talliesAfter = ({ verdict, would, rule, facts }: StopDecided, before: Tallies = noTallies): Tallies => {
  if (verdict === "continue" || would === "continue") return talliesOf(facts)
  if (judged.has(rule)) return { ...noTallies, tokens: facts.tokens }
  const isNew = facts.fingerprints.length <= 1
  return isNew
    ? { ...noTallies, tokens: before.tokens }
    : { ...before, textOnly: facts.textOnly === 0 ? 0 : before.textOnly }
}

/** The rules that look at the work. */
const judged: ReadonlySet<string> = new Set([
  "limit reached",
  "no progress",
  "work is done",
  "a person is needed",
  "work is left"
])

/** A conversation after one more decision, made at `time` (milliseconds since 1970) and recorded at `position`. */
export const after = (
  payload: StopDecided,
  before: Conversation | undefined,
  at: { readonly position: number; readonly time: number }
): Conversation => {
  const { verdict, would, facts } = payload
  const continues = verdict === "continue"
  return {
    decided: at,
    turn: facts.turn,
    sinceHuman: facts.continued.sinceHuman + Number(continues || would === "continue"),
    pending: continues ? { position: at.position, time: at.time + delayOf(facts, payload.limits) } : null,
    lost: facts.lost,
    tokensBefore: facts.tokensBefore,
    compacted: facts.sinceCompaction === null ? null : facts.now - facts.sinceCompaction,
    failures: facts.failures,
    tallies: talliesAfter(payload, before?.tallies)
  }
}
