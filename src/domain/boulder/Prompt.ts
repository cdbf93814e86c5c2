/** What an agent is told when it may not stop: where the work stands, and one next step. State, no nagging. */
import { isRed } from "./Decide.ts"
import type { Facts, GateFact } from "./Facts.ts"
import type { Limits } from "./Limits.ts"
import { plural } from "./Wording.ts"

export interface Told {
  /** How `nexus` is called on this machine. */
  readonly nexus: string
  /** The end of what each gate that is red printed, by its name. */
  readonly printed: ReadonlyMap<string, string>
}

/** With what every such text begins; by it the client's own prompts are told from a person's. */
export const marker = /^\s*\[nexus R-\d/

/** `level`: see `Decide.Decision`. */
export const promptOf = (facts: Facts, level: number, limits: Limits, told: Told): string => {
  const { run, continued, tasks, gates } = facts
  const { next } = tasks
  const counts = [
    ...(tasks.open + tasks.waiting > 0 ? [`${plural(tasks.open + tasks.waiting, "task")} open`] : []),
    ...(tasks.blocked.length > 0 ? [`${tasks.blocked.length} blocked`] : []),
    ...(tasks.done > 0 ? [`${tasks.done} done`] : [])
  ]
  const red = gates.filter(isRed)
  const gate = firstOf(red)
  const lines = [
    `[nexus ${run?.id ?? "R-0"} ${continued.run + 1}/${limits.perRun}] ${counts.length === 0 ? "No task is open." : `${counts.join(", ")}.`} ${
      next === null ? stepFor(gate, told.nexus) : taskStep(next, told.nexus)
    }`,
    ...strategy(level, next === null ? undefined : next.id),
    ...(red.length === 0
      ? []
      : [
          `Before the work counts as done, these have to pass: ${red.map(({ name, verdict }) => `${name} (${verdict ?? "not run on these files"})`).join(", ")}.`
        ]),
    ...(gate !== undefined && (next === null || level > 1) ? printedBy(gate, told.printed) : []),
    ...budget(facts, limits),
    next === null
      ? `If it can't be made to pass without a person, say so: ${told.nexus} task add "What a person has to do", then ${told.nexus} task block ID --reason "…".`
      : `If it needs a person: ${told.nexus} task block ${next.id} --reason "…".`
  ]
  return lines.join("\n")
}

/** What failed comes before what did not run. */
const firstOf = (red: ReadonlyArray<GateFact>): GateFact | undefined =>
  red.find(({ verdict }) => verdict !== null) ?? red[0]

const taskStep = (next: NonNullable<Facts["tasks"]["next"]>, nexus: string): string =>
  next.started
    ? `Next: ${next.id} "${next.title}". When it holds: ${nexus} task done ${next.id}`
    : `Next: ${next.id} "${next.title}". Begin it: ${nexus} task start ${next.id}`

const stepFor = (gate: GateFact | undefined, nexus: string): string => {
  if (gate === undefined) return "Nothing is left to do."
  return gate.verdict === null
    ? `Next: run the gate ${gate.name}: ${nexus} gate run ${gate.name}`
    : `Next: mend what the gate ${gate.name} found, then run it again: ${nexus} gate run ${gate.name}`
}

const strategy = (level: number, task: string | undefined): ReadonlyArray<string> => {
  if (level < 2) return []
  const subject = task === undefined ? "the gate" : task
  return level === 2
    ? [
        `Nothing that counts is different since the last time. Name in one sentence what stands in the way of ${subject}, and take the smallest step that changes it.`
      ]
    : [
        `Nothing came of the last steps. Leave that approach: list two others for ${subject}, and begin with the one that can be checked soonest.`
      ]
}

const printedBy = ({ name }: GateFact, printed: Told["printed"]): ReadonlyArray<string> => {
  const text = printed.get(name)
  return text === undefined || text === "" ? [] : [`The end of what ${name} printed:`, text]
}

/** Said once, when four fifths of the tokens are used. */
const budget = ({ tokens, tokensLast }: Facts, limits: Limits): ReadonlyArray<string> => {
  const warning = limits.tokens === null ? Infinity : 0.8 * limits.tokens
  return tokens !== null && tokens >= warning && (tokensLast ?? 0) < warning
    ? [`${Math.floor((80 * tokens) / warning)} % of the run's tokens are used.`]
    : []
}
