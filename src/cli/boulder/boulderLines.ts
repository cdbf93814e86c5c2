/** The boulder as people read it. */
import type * as Effect from "effect/Effect"
import type { standings } from "../../app/boulder/Standings.ts"
import { plural } from "../../domain/boulder/Wording.ts"
import type { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"

type Standings = Effect.Effect.Success<typeof standings>

const colours = { passed: "green", failed: "red", "timed out": "red", unavailable: "yellow" } as const

const offWords = {
  environment: "by NEXUS_ENFORCER",
  "stop file": "by the file .nexus/STOP",
  configuration: "by enforcer.mode in the configuration"
} as const

export const standingLines = (
  { paused, off, runs, inbox }: Standings,
  { style }: Pick<Output["Type"], "style">
): ReadonlyArray<string> => [
  ...(off === null ? [] : [style("yellow", `Switched off ${offWords[off]}: every agent is let go.`)]),
  ...(paused === null
    ? []
    : [
        style(
          "yellow",
          `Paused by ${paused.by} since ${shownTime(paused.since)}${paused.until === null ? "" : ` until ${shownTime(paused.until)}`}${paused.reason === null ? "" : `: ${paused.reason}`}. End it: nexus boulder resume`
        )
      ]),
  ...(runs.length === 0 ? ["No run is armed: agents stop when they want to. Arm one: nexus boulder arm"] : []),
  ...runs.flatMap((run) => runLines(run, style)),
  ...(inbox === 0 ? [] : [`${plural(inbox, "thing")} ${inbox === 1 ? "waits" : "wait"} for a person: nexus inbox`])
]

const runLines = (run: Standings["runs"][number], style: Output["Type"]["style"]): ReadonlyArray<string> => {
  const { scope, tasks, gates, last } = run
  const whose =
    scope.kind === "project" ? "the project" : scope.kind === "checkout" ? scope.path : `conversation ${scope.session}`
  const how =
    run.status === "escalated" ? style("red", "waits for a person") : run.mode === "observe" ? "only observes" : "armed"
  return [
    `${style("bold", run.run)} ${how} for ${whose} since ${shownTime(run.since)}, ${run.continuations} of ${run.limit} continuations`,
    `  tasks: ${tasks.open} open, ${tasks.blocked} blocked, ${tasks.done} done${tasks.next === null ? "" : `; next ${tasks.next.id} ${tasks.next.title}`}`,
    `  gates: ${gates.length === 0 ? "none" : gates.map(({ name, verdict }) => `${name} ${verdict === null ? "not run" : style(colours[verdict], verdict)}`).join(", ")}`,
    ...run.alarms.map(({ kind, subject }) => `  ${style("red", `${kind}: ${subject}`)}`),
    ...(last === null
      ? []
      : [`  last: ${last.verdict}, ${last.rule}: ${last.reason} (${last.id}, ${shownTime(last.time)})`])
  ]
}
