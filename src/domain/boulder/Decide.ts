/**
 * Whether an agent may stop. One pure function from facts to a verdict: the rules are tried in order, and the first that applies
 * decides. Whatever is not known for sure lets the agent go.
 */
import type { Facts } from "./Facts.ts"
import { type Limits, longestRun } from "./Limits.ts"
import { duration, plural } from "./Wording.ts"

/** Raise it with any change of the rules by which other facts give another verdict: only decisions of one's own rules come out again. */
export const algorithm = 1

/** "escalate" lets the agent go as "allow" does, and leaves the rest to a person. */
export interface Decision {
  readonly verdict: "allow" | "continue" | "escalate"
  /** The rule that applied. */
  readonly rule: RuleName
  /** In one sentence. */
  readonly reason: string
  /** Of a continuation: 1 a reminder, 2 nothing came of the last one, 3 nothing came of several. */
  readonly level?: number
  /** What a run that only observes would have said. */
  readonly would?: "continue" | "escalate"
}

type Outcome = Omit<Decision, "rule">

export interface Rule {
  readonly name: RuleName
  /** Undefined: it does not apply, and the next one is asked. */
  readonly apply: (facts: Facts, limits: Limits) => Outcome | undefined
}

export type RuleName =
  | "switched off"
  | "paused"
  | "not armed"
  | "not ours"
  | "a person acts"
  | "stand down"
  | "service failed"
  | "limit reached"
  | "no progress"
  | "work is done"
  | "a person is needed"
  | "work is left"

const allow = (reason: string): Outcome => ({ verdict: "allow", reason })
const escalate = (reason: string): Outcome => ({ verdict: "escalate", reason })

/** In the order in which they are asked. */
export const rules: ReadonlyArray<Rule> = [
  {
    name: "switched off",
    apply: ({ off }) => (off === null ? undefined : allow(`The enforcer is switched off (${off}).`))
  },
  {
    name: "paused",
    apply: ({ paused, now }) =>
      paused === null || (paused.until !== null && paused.until <= now)
        ? undefined
        : allow(`Paused by ${paused.by}${paused.reason === null ? "" : `: ${paused.reason}`}.`)
  },
  {
    name: "not armed",
    apply: ({ run }) => {
      if (run === null) return allow("No run is armed for this conversation.")
      return run.status === "escalated" ? allow(`${run.id} waits for a person: nexus inbox.`) : undefined
    }
  },
  {
    name: "not ours",
    apply: ({ stop, lost }, limits) => {
      if (!stop.isNamed) return allow("The client did not name the conversation.")
      if (stop.kind === "subagent") return allow("It is a subagent: whoever called it answers for it.")
      if (stop.isRepeated) return allow("This stop was decided already, when another hook told it.")
      if (lost >= limits.lost)
        return allow(`${plural(lost, "continuation")} in a row never began: this client does not go on.`)
      return undefined
    }
  },
  {
    name: "a person acts",
    apply: ({ stop: { intent } }) => (intent === null ? undefined : allow(intents[intent]))
  },
  {
    name: "stand down",
    apply: ({ stop, sinceCompaction, tasks }, limits) => {
      if (stop.background > 0)
        return allow(`${plural(stop.background, "task")} of its own still ${stop.background === 1 ? "runs" : "run"}.`)
      if (sinceCompaction !== null && sinceCompaction < limits.afterCompaction)
        return allow(`It was compacted ${duration(sinceCompaction)} ago.`)
      if (stop.contextPercent !== null && stop.contextPercent >= limits.contextPercent)
        return allow(`Its context is ${Math.round(stop.contextPercent)} % full.`)
      if (tasks.elsewhere > 0 && tasks.next === null)
        return allow(`What is left is in the hands of other conversations: ${plural(tasks.elsewhere, "task")}.`)
      return undefined
    }
  },
  {
    name: "service failed",
    apply: ({ stop, failures, now }, limits) => {
      if (stop.failure === "final")
        return escalate("The model's service refuses to go on: trying again changes nothing.")
      if (failures.inRow >= 3 * limits.apiFailures)
        return escalate(`The model's service failed ${failures.inRow} times in a row.`)
      if (stop.kind === "failure") return allow("The model's service failed. The next stop is judged anew.")
      const since = failures.last === null ? limits.breaker : now - failures.last
      return failures.inRow >= limits.apiFailures && since < limits.breaker
        ? allow(
            `The model's service failed ${failures.inRow} times in a row, ${duration(since)} ago for the last time.`
          )
        : undefined
    }
  },
  {
    name: "limit reached",
    apply: (facts, limits) => {
      const reached = isWorkLeft(facts) ? limitReached(facts, limits) : undefined
      return reached === undefined ? undefined : escalate(reached)
    }
  },
  {
    name: "no progress",
    apply: (facts, limits) => {
      const stuck = isWorkLeft(facts) ? stagnation(facts, limits) : undefined
      return stuck === undefined ? undefined : escalate(stuck)
    }
  },
  {
    name: "work is done",
    apply: ({ tasks, gates, alarms }) => {
      if (tasks.open + tasks.waiting + tasks.blocked.length > 0 || gates.some(isRed)) return undefined
      if (alarms.length > 0)
        return escalate(
          `All is done, but a person has to look at what was done to the checks: ${alarms.map(({ kind, subject }) => `${kind}: ${subject}`).join("; ")}.`
        )
      const unavailable = gates.filter(({ verdict }) => verdict === "unavailable").map(({ name }) => name)
      return allow(
        `${tasks.done === 0 ? "Nothing is left to do" : `${plural(tasks.done, "task")} done`}${gates.length === 0 ? "" : `, every gate is green on the files as they are`}${unavailable.length === 0 ? "" : ` (not available here: ${unavailable.join(", ")})`}.`
      )
    }
  },
  {
    name: "a person is needed",
    apply: ({ tasks }) => {
      if (tasks.next !== null || tasks.waiting + tasks.blocked.length === 0) return undefined
      const blocked = tasks.blocked.map(({ id, reason }) => `${id} (${reason})`).join(", ")
      return allow(
        blocked === ""
          ? `What is left waits for other tasks: ${plural(tasks.waiting, "task")}.`
          : `What is left needs a person: ${blocked}.`
      )
    }
  },
  {
    name: "work is left",
    apply: (facts, limits) => ({
      verdict: "continue",
      level: levelOf(facts, limits),
      reason:
        facts.tasks.next === null
          ? `Not green: ${facts.gates
              .filter(isRed)
              .map(({ name, verdict }) => `${name} (${verdict ?? "not run"})`)
              .join(", ")}.`
          : `${plural(facts.tasks.open, "task")} can be done; next is ${facts.tasks.next.id}.`
    })
  }
]

const intents: Readonly<Record<NonNullable<Facts["stop"]["intent"]>, string>> = {
  aborted: "A person ended the turn.",
  question: "It waits for a person's answer.",
  permission: "It waits for a person's permission.",
  "plan mode": "It is in plan mode, in which nothing is done."
}

/** What is to be done before the run is. A missing tool is a warning, never a failure. */
export const isRed = ({ verdict }: Facts["gates"][number]): boolean => verdict !== "passed" && verdict !== "unavailable"

/** There is something that the agent can do. */
const isWorkLeft = ({ tasks, gates }: Facts): boolean =>
  tasks.next !== null || (tasks.open + tasks.waiting + tasks.blocked.length === 0 && gates.some(isRed))

const limitReached = (facts: Facts, limits: Limits): string | undefined => {
  const { continued, run, now, tokens, tasks } = facts
  const counts: ReadonlyArray<readonly [used: number, most: number, of: string]> = [
    [continued.run, limits.perRun, "continuations of this run"],
    [continued.task, limits.perTask, `continuations for ${tasks.next?.id ?? "the gates"}`],
    [continued.hour, limits.perHour, "continuations within an hour"],
    [continued.sinceHuman, limits.sinceHuman, "continuations since a person last spoke"]
  ]
  const over = counts.find(([used, most]) => used >= most)
  if (over !== undefined) return `${over[0]} of ${over[1]} ${over[2]} are used.`
  const most = Math.min(limits.wallClock, longestRun)
  if (run !== null && now - run.since >= most)
    return `The run has lasted ${duration(now - run.since)} of ${duration(most)}.`
  if (limits.tokens !== null && tokens !== null && tokens >= limits.tokens)
    return `${tokens} of ${limits.tokens} tokens are used.`
  return undefined
}

const stagnation = (facts: Facts, limits: Limits): string | undefined => {
  const { textOnly, sameProgress, fingerprints, failing } = facts
  if (textOnly >= limits.textOnly) return `It stopped ${textOnly} times in a row without calling a tool.`
  if (sameProgress >= limits.sameProgress)
    return `It stopped ${sameProgress} times in a row, and no file, commit, task or verdict is different.`
  const same = failing.find(({ times }) => times >= limits.sameFailure)
  if (same !== undefined) return `${same.gate} failed ${same.times} times in a row with the same words.`
  return isOscillating(fingerprints, limits.oscillation)
    ? `The work went back and forth between two states over ${limits.oscillation} stops.`
    : undefined
}

/** A, B, A, B, … over the last `window` stops. */
const isOscillating = (fingerprints: ReadonlyArray<string>, window: number): boolean => {
  const seen = fingerprints.slice(-window)
  const [a, b] = seen
  return (
    window >= 4 && seen.length === window && a !== b && seen.every((one, index) => one === (index % 2 === 0 ? a : b))
  )
}

const levelOf = ({ textOnly, sameProgress, sameAnswer, failing }: Facts, { sameAnswer: alike }: Limits): number =>
  Math.min(3, Math.max(1, textOnly, sameProgress, sameAnswer >= alike ? 2 : 1, ...failing.map(({ times }) => times)))

/** The verdict on a stop. A run that only observes says what it would have done, and lets the agent go. */
export const decide = (facts: Facts, limits: Limits): Decision => {
  for (const { name, apply } of rules) {
    const outcome = apply(facts, limits)
    if (outcome === undefined) continue
    const decision = { ...outcome, rule: name }
    if (facts.run?.mode !== "observe" || decision.verdict === "allow") return decision
    return { verdict: "allow", rule: name, reason: decision.reason, would: decision.verdict }
  }
  // The last rule always applies.
  return { verdict: "allow", rule: "not armed", reason: "No rule applied." }
}

/** How long a client that can wait waits before it goes on: longer each time that nothing came of it. Milliseconds. */
export const delayOf = ({ sameProgress }: Facts, { cooldown, cooldownMost }: Limits): number =>
  Math.min(cooldownMost, cooldown * 2 ** Math.max(0, sameProgress - 1))
