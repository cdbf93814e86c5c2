/** What the status bar shows of `nexus boulder status --json`. Pure. */
import { type Json, listOf, numberOf, objectOf, textOf } from "./Json.ts"

export interface Bar {
  /** With icons of the editor, as `$(name)`. */
  readonly text: string
  /** Lines of plain text. */
  readonly tooltip: ReadonlyArray<string>
  /** Whether a person is waited for. */
  readonly isUrgent: boolean
  readonly isPaused: boolean
}

/** Without an answer: `reason` says why. */
export const unavailable = (reason: string): Bar => ({
  text: "$(circle-slash) nexus: not available",
  tooltip: [reason],
  isUrgent: false,
  isPaused: false
})

export const barOf = (answer: unknown): Bar => {
  const status = objectOf(answer)
  const runs = listOf(status["runs"])
  const inbox = numberOf(status["inbox"]) ?? 0
  const off = textOf(status["off"])
  const paused = status["paused"] === null || status["paused"] === undefined ? undefined : objectOf(status["paused"])
  const waiting =
    inbox === 0 ? [] : [`${inbox} ${inbox === 1 ? "thing waits" : "things wait"} for a person: nexus inbox`]
  return {
    text: `${headline(off, paused, runs)}${inbox === 0 ? "" : ` $(inbox) ${inbox}`}`,
    tooltip: [
      ...(off === undefined ? [] : [`Switched off (${off}): every agent is let go.`]),
      ...(paused === undefined ? [] : [pauseLine(paused)]),
      ...(runs.length === 0 ? ["No run is armed: agents stop when they want to."] : runs.flatMap(runLines)),
      ...waiting
    ],
    isUrgent: runs.some(isEscalated),
    isPaused: paused !== undefined
  }
}

const isEscalated = (run: Json): boolean => run["status"] === "escalated"

const headline = (off: string | undefined, paused: Json | undefined, runs: ReadonlyArray<Json>): string => {
  if (off !== undefined) return "$(circle-slash) nexus: off"
  if (runs.some(isEscalated)) return "$(bell) nexus: waits for you"
  if (paused !== undefined) return "$(debug-pause) nexus: paused"
  // What holds agents comes before what only looks on.
  const run = runs.find(({ mode }) => mode === "enforce") ?? runs[0]
  if (run === undefined) return "$(circle-large-outline) nexus"
  const open = numberOf(objectOf(run["tasks"])["open"]) ?? 0
  const icon = run["mode"] === "observe" ? "$(eye)" : "$(circle-large-filled)"
  return `${icon} nexus: ${open} open, ${used(run)}`
}

const used = (run: Json): string => `${numberOf(run["continuations"]) ?? 0}/${numberOf(run["limit"]) ?? "?"}`

const pauseLine = (paused: Json): string => {
  const reason = textOf(paused["reason"])
  const until = textOf(paused["until"])
  const by = textOf(paused["by"]) ?? "somebody"
  return `Paused by ${by}${until === undefined ? "" : ` until ${until}`}${reason === undefined ? "" : `: ${reason}`}`
}

const runLines = (run: Json): ReadonlyArray<string> => {
  const tasks = objectOf(run["tasks"])
  const next = objectOf(tasks["next"])
  const last = objectOf(run["last"])
  const count = (name: string): number => numberOf(tasks[name]) ?? 0
  const gates = listOf(run["gates"]).map(({ name, verdict }) => `${textOf(name)} ${textOf(verdict) ?? "not run"}`)
  const how = isEscalated(run) ? "waits for a person" : run["mode"] === "observe" ? "only observes" : "armed"
  const title = textOf(next["title"])
  const reason = textOf(last["reason"])
  return [
    `${textOf(run["run"]) ?? "run"} ${how} for ${scopeOf(objectOf(run["scope"]))}, ${used(run)} continuations`,
    `Tasks: ${count("open")} open, ${count("blocked")} blocked, ${count("done")} done`,
    ...(title === undefined ? [] : [`Next: ${textOf(next["id"]) ?? ""} ${title}`]),
    `Gates: ${gates.length === 0 ? "none" : gates.join(", ")}`,
    ...(reason === undefined ? [] : [`Last: ${textOf(last["verdict"]) ?? ""}, ${reason}`])
  ]
}

const scopeOf = (scope: Json): string => {
  if (scope["kind"] === "session") return `conversation ${textOf(scope["session"]) ?? ""}`
  return scope["kind"] === "checkout" ? (textOf(scope["path"]) ?? "this checkout") : "the project"
}

export interface Choice {
  readonly label: string
  readonly description: string
  readonly command: "nexus.pause" | "nexus.resume" | "nexus.explain" | "nexus.tasks.focus"
}

/** What a click on the status bar offers; of an answer that did not come, nothing. */
export const choicesOf = (bar: Bar): ReadonlyArray<Choice> => [
  ...(bar.isPaused
    ? []
    : [{ label: "$(debug-pause) Pause", description: "Let every agent go", command: "nexus.pause" as const }]),
  ...(bar.isPaused || bar.isUrgent
    ? [
        {
          label: "$(debug-continue) Resume",
          description: "End the pause, answer escalations",
          command: "nexus.resume" as const
        }
      ]
    : []),
  { label: "$(question) Why?", description: "Explain the last decision", command: "nexus.explain" },
  { label: "$(checklist) Tasks", description: "Show what is to be done", command: "nexus.tasks.focus" }
]
