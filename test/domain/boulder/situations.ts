/** A stop in the most ordinary situation, to be changed in what a test is about. */
import type { Facts } from "../../../src/domain/boulder/Facts.ts"
import { TaskId } from "../../../src/domain/boulder/TaskEvents.ts"

export const noon = Date.UTC(2026, 10, 29, 12)

export const task = (id: string, title = "Write the parser") => ({ id: TaskId.make(id), title, started: true })

/** One task is open, no gate has run, nothing speaks against going on. */
export const ordinary: Facts = {
  now: noon,
  client: "claude",
  off: null,
  paused: null,
  run: { id: "R-1", mode: "enforce", status: "armed", since: noon - 60_000 },
  stop: {
    kind: "stop",
    isNamed: true,
    isRepeated: false,
    intent: null,
    background: 0,
    failure: null,
    contextPercent: null
  },
  sinceCompaction: null,
  continued: { run: 0, task: 0, hour: 0, sinceHuman: 0 },
  tokens: null,
  tokensBefore: null,
  tokensLast: null,
  fingerprint: "a",
  fingerprints: ["a"],
  textOnly: 0,
  sameProgress: 1,
  sameAnswer: 1,
  answer: "Done.",
  turn: null,
  failing: [],
  lost: 0,
  failures: { inRow: 0, last: null },
  tasks: { next: task("T-1"), open: 1, waiting: 0, elsewhere: 0, done: 0, blocked: [] },
  gates: [{ name: "ci", verdict: null, id: null }],
  alarms: []
}

/** All tasks are done, and the gate is green. */
export const finished: Facts = {
  ...ordinary,
  tasks: { next: null, open: 0, waiting: 0, elsewhere: 0, done: 2, blocked: [] },
  gates: [{ name: "ci", verdict: "passed", id: 7 }]
}
