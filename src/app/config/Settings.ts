/** All settings there are, but for the gates, which have names of their own (GateSettings.ts). */
import { defaultLimits, type Limits, longestRun } from "../../domain/boulder/Limits.ts"
import { choice, type Kind, namesOrAll, number, numberOrAny, numberOrNever, time, timeOrNever, truth } from "./Kinds.ts"

export interface Setting<A> {
  readonly kind: Kind<A>
  readonly default: A
  /** One line. */
  readonly description: string
  /** Variables of the environment that set it; the first that is there counts. */
  readonly variables: ReadonlyArray<string>
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const count = number(1, 1000)
const anyTime = time(0, 24 * hour)

const limits: { readonly [K in keyof Limits]: readonly [kind: Kind<Limits[K]>, description: string] } = {
  perRun: [count, "Continuations of one run"],
  perTask: [count, "Continuations for the sake of one task"],
  perHour: [count, "Continuations within any hour"],
  sinceHuman: [count, "Continuations of one conversation since a person last spoke in it"],
  wallClock: [time(second, longestRun), "How long a run may last since it was armed or resumed"],
  tokens: [numberOrAny(1000, 1_000_000_000), "Tokens that a run may use, in and out; null: any number"],
  textOnly: [count, "Stops in a row before which no tool was called"],
  sameProgress: [count, "Stops in a row between which no file, commit, task or verdict came out differently"],
  sameFailure: [count, "Stops in a row at which one gate failed with the same words"],
  oscillation: [number(4, 1000), "Stops over which two states of the work alternate: no fewer show that they do"],
  sameAnswer: [count, "Stops in a row whose last messages are alike"],
  cooldown: [
    anyTime,
    "Between a continuation and the next, where the client can wait; doubled when nothing came of it"
  ],
  cooldownMost: [anyTime, "The longest that doubling makes of the cooldown"],
  afterCompaction: [anyTime, "After a compaction nothing is said for so long"],
  contextPercent: [number(1, 100), "How full the model's context may be for another continuation, in percent"],
  confirmWithin: [anyTime, "Within this time a continuation has begun a turn, or counts as lost"],
  lost: [count, "Lost continuations of one conversation after which it is only observed"],
  apiFailures: [count, "Failures of the model's service in a row after which a pause is made"],
  breaker: [anyTime, "How long that pause is"]
}

const limitSettings = Object.fromEntries(
  Object.entries(limits).map(([name, [kind, description]]) => {
    const key = `enforcer.limits.${name}`
    const setting = { kind, default: defaultLimits[name as keyof Limits], description, variables: [variableOf(key)] }
    return [key, setting]
  })
) as unknown as { readonly [K in keyof Limits as `enforcer.limits.${K}`]: Setting<Limits[K]> }

const setting = <A>(kind: Kind<A>, byDefault: A, description: string, ...variables: ReadonlyArray<string>) => ({
  kind,
  default: byDefault,
  description,
  variables
})

/** By dotted name. */
export const settings = {
  "capture.prompts": setting(
    choice("full", "hash", "off"),
    "full",
    "Whether prompts are kept (full), only their hash (hash), or only that there was one (off)",
    "NEXUS_CAPTURE_PROMPTS"
  ),
  "enforcer.mode": setting(
    choice("enforce", "observe", "off"),
    "enforce",
    "Whether an agent that stops early is told to go on (enforce), it is only recorded (observe), or nothing happens (off)",
    "NEXUS_ENFORCER",
    "NEXUS_ENFORCER_MODE"
  ),
  "enforcer.armOnStart": setting(
    truth,
    true,
    "Whether nexus task start in an agent's own shell arms a run for that conversation",
    "NEXUS_ENFORCER_ARM_ON_START"
  ),
  "enforcer.gates": setting(
    namesOrAll,
    null,
    "The gates that a run needs; null: all that the project has",
    "NEXUS_ENFORCER_GATES"
  ),
  "enforcer.subagents": setting(
    truth,
    false,
    "Whether subagents are held to a run as well",
    "NEXUS_ENFORCER_SUBAGENTS"
  ),
  ...limitSettings,
  "workspace.keeper": setting(
    truth,
    true,
    "Whether a process of Nexus looks after workspaces while any of them runs: idle stop, samples of what they use, checkpoints",
    "NEXUS_WORKSPACE_KEEPER"
  ),
  "workspace.idleStop": setting(
    timeOrNever(minute, 30 * 24 * hour),
    null,
    "A workspace that nobody used for so long is stopped, after a warning; null: never",
    "NEXUS_WORKSPACE_IDLE_STOP"
  ),
  "workspace.checkpointEveryEdits": setting(
    numberOrNever(1, 100_000),
    50,
    "After so many file edits of agents in a workspace a checkpoint of its files is taken; null: never",
    "NEXUS_WORKSPACE_CHECKPOINT_EVERY_EDITS"
  ),
  "workspace.checkpointBeforeRisk": setting(
    truth,
    true,
    "Whether a checkpoint of a workspace's files is taken before an agent runs a command in it that can lose work",
    "NEXUS_WORKSPACE_CHECKPOINT_BEFORE_RISK"
  ),
  "workspace.checkpointPatience": setting(
    time(second, 7 * second),
    2 * second,
    "How long such a command is held up for its checkpoint at most; then it goes on without",
    "NEXUS_WORKSPACE_CHECKPOINT_PATIENCE"
  )
}

export type Key = keyof typeof settings

/** What the program uses of each. */
export type Values = { readonly [K in Key]: (typeof settings)[K] extends Setting<infer A> ? A : never }

export const keys = Object.keys(settings) as ReadonlyArray<Key>

export const isKey = (text: string): text is Key => Object.hasOwn(settings, text)

/** One of the settings, whatever its kind. */
export const settingOf = (key: Key): Setting<unknown> => settings[key] as Setting<unknown>

/** "enforcer.limits.perRun" → "NEXUS_ENFORCER_LIMITS_PER_RUN". */
function variableOf(key: string): string {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).replaceAll(".", "_")
  return `NEXUS_${words.toUpperCase()}`
}
