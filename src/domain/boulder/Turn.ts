/** What happened in a conversation since its last decision, as far as the next one has to know. */
import { isBypass } from "./Bypass.ts"
import type { Facts } from "./Facts.ts"
import type { SessionFact } from "../Session.ts"

export interface Turn {
  /** Something was called or edited. */
  readonly acted: boolean
  readonly humanSpoke: boolean
  readonly failures: Facts["failures"]
  /** When it was last compacted; null: never. */
  readonly compacted: number | null
  /** The agent's last message, on one line. */
  readonly answer: string | null
  /** Commands that commit without the project's hooks. */
  readonly bypasses: ReadonlyArray<string>
  /** The last thing that failed was the model's service, and nothing came after it. */
  readonly failedLast: boolean
}

export const turnAfter = (before: {
  readonly failures: Facts["failures"]
  readonly compacted: number | null
}): Turn => ({
  acted: false,
  humanSpoke: false,
  failures: before.failures,
  compacted: before.compacted,
  answer: null,
  bypasses: [],
  failedLast: false
})

/** The turn after one more fact of the conversation, at `time` (milliseconds since 1970). */
export const evolve = (turn: Turn, fact: SessionFact, time: number): Turn => {
  switch (fact.type) {
    case "PromptSubmitted":
      return fact.payload.by === "human" ? { ...turn, humanSpoke: true, acted: false } : turn
    case "ToolStarted":
    case "FileEdited":
      return { ...turn, acted: true }
    case "ToolFailed":
      return { ...turn, acted: true, failedLast: false }
    case "ToolCompleted": {
      const { tool, target = "" } = fact.payload
      const { bypass = isShell(tool) && isBypass(target) } = fact.payload
      const bypasses = bypass ? [...turn.bypasses, target] : turn.bypasses
      return { ...turn, acted: true, failedLast: false, failures: { inRow: 0, last: null }, bypasses }
    }
    case "StopFailed":
      return { ...turn, failedLast: true, failures: { inRow: turn.failures.inRow + 1, last: time } }
    case "StopObserved": {
      const answer = fact.payload.message ?? null
      // A client may tell of the failure first, and then that it stopped.
      return turn.failedLast
        ? { ...turn, answer, failedLast: false }
        : { ...turn, answer, failures: { inRow: 0, last: null } }
    }
    case "SessionStarted":
      return fact.payload.source === "compact" ? { ...turn, compacted: time } : turn
    case "CompactionCompleted":
      return { ...turn, compacted: time }
    default:
      return turn
  }
}

/** The names that clients have for their shells, in records of before it was said of each call. */
const isShell = (tool: string): boolean =>
  /^(?:bash|shell|powershell|local_shell|exec_command|run_shell_command)$/i.test(tool)
