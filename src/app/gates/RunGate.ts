/** Gates of the project that the command was given in: which there are, what they say of the files as they are, and runs. */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import { type CommandGate, definitionText, type Gate, isCheck, verdictOf } from "../../domain/boulder/Gates.ts"
import type { GateRan } from "../../domain/boulder/GateEvents.ts"
import { gatesStream, type ProjectId } from "../../domain/Ids.ts"
import { type Run, runAt } from "../../domain/boulder/Boulder.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Verdicts from "../../projections/Gates.ts"
import { load } from "../Config.ts"
import { contentStore } from "../ContentStore.ts"
import { NotFound } from "../Find.ts"
import { nearest } from "../nearest.ts"
import { Nexus } from "../Nexus.ts"
import { Programs } from "../ports/Programs.ts"
import { type Checkout, Repositories } from "../ports/Repositories.ts"
import { Secrets } from "../ports/Secrets.ts"
import { checkoutHere, registerCheckout } from "../ProjectOf.ts"
import { runCheck, type Since, subjectOf } from "./RunCheck.ts"
import { gatesOf } from "./Definitions.ts"

/** Of what a gate prints, so many bytes at its end are kept. */
const kept = 256 * 1024

/** A gate, and what it said of the files as they are; null when it did not run on them. */
export interface GateState {
  readonly gate: Gate
  readonly verdict: Verdicts.Verdict | null
}

const here = Effect.gen(function* () {
  const checkout = yield* checkoutHere
  const { project } = yield* registerCheckout(checkout)
  const { home, caller } = yield* Nexus
  const config = yield* load(home.config, checkout.path)
  const since = sinceOf(
    runAt(Boulders.state((yield* EventLog).database, project), checkout.path, caller?.session),
    checkout.path
  )
  return { checkout, project, gates: gatesOf(checkout.path, config), since }
})

/** Where the work of a run began: what gates say of it is said of the same everywhere. Empty where no run is armed. */
export const sinceOf = (run: Run | undefined, checkout: string): Since =>
  run === undefined || run.base === null || run.checkout !== checkout
    ? {}
    : { commit: run.base, uncommitted: run.uncommitted }

/** What is said with a command comes before what was so when a run was armed. */
const within = (armed: Since, said: Since): Since =>
  said.base === undefined ? { ...armed, uncommitted: said.uncommitted ?? armed.uncommitted } : said

/** All gates, by name. Checks are of what changed since the base; see `subjectOf`. */
export const statesSince = (since: Since) =>
  Effect.gen(function* () {
    const place = yield* here
    const look = Effect.map((yield* Repositories).treeOf(place.checkout), (tree) => ({ tree }))
    return (yield* statesOf(place, look, within(place.since, since))).states
  })

export const states = statesSince({})

/** The gates of a project, and what each said of a tree. `look` finds the tree out, meanwhile. */
export const statesOf = <A extends { readonly tree: string }, E, R>(
  place: { readonly checkout: Checkout; readonly project: ProjectId; readonly gates: ReadonlyArray<Gate> },
  look: Effect.Effect<A, E, R>,
  since: Since
) =>
  Effect.gen(function* () {
    const { checkout, project, gates } = place
    const { database } = yield* EventLog
    const subjects = Effect.forEach(gates, (gate) => subjectOf(checkout.path, gate, since))
    const [seen, about] = yield* Effect.all([look, subjects], { concurrency: 2 })
    const states = gates.map((gate, index): GateState => ({
      gate,
      verdict: Verdicts.on(database, { project, ...keyOf(gate, seen.tree, about[index]?.subject ?? "") }) ?? null
    }))
    return { ...seen, states }
  })

/** The names of the gates that have passed on the files as they are. */
export const passed = Effect.map(states, (all) =>
  all.flatMap(({ gate, verdict }) => (verdict?.verdict === "passed" ? [gate.name] : []))
)

const keyOf = (gate: Gate, tree: string, subject: string) => ({
  gate: gate.name,
  tree,
  subject,
  definition: hash("sha256", definitionText(gate))
})

/** The gate of this name. Fails with NotFound. */
export const find = (name: string) =>
  Effect.flatMap(here, ({ gates }) => {
    const gate = gates.find((one) => one.name === name)
    if (gate !== undefined) return Effect.succeed(gate)
    const names = gates.map((one) => one.name)
    const guess = nearest(name, names)
    const known =
      names.length === 0 ? "There are none yet: docs/gates.md says how to have one." : `Known are: ${names.join(", ")}.`
    return new NotFound({ what: "gate", name, hint: `${guess === undefined ? "" : `Did you mean ${guess}? `}${known}` })
  })

/** A program may be installed later; and a check takes no longer than it must, unless the machine had other things to do. */
const isFinal = (gate: Gate, { verdict }: Verdicts.Verdict): boolean =>
  verdict !== "unavailable" && !(isCheck(gate) && verdict === "timed out")

/** A command that fails is run once more, since what fails now and then is no verdict on the work. */
const runCommand = (gate: CommandGate, checkout: string) =>
  Effect.gen(function* () {
    const { run } = yield* Programs
    const options = { cwd: checkout, timeout: gate.timeout, keep: kept }
    const first = yield* run(gate.command, options)
    const second = verdictOf(first) === "failed" ? yield* run(gate.command, options) : undefined
    return { last: second ?? first, flaky: second !== undefined && verdictOf(second) === "passed" }
  })

/**
 * What a gate says of the files as they are: as it is known, or by running it; `again`: by running it in any case. `since`: what
 * there was when the work began; a check does not blame it for that.
 */
export const judge = (gate: Gate, { again, ...given }: Since & { readonly again: boolean }) =>
  Effect.gen(function* () {
    const { checkout, project, since: armed } = yield* here
    const since = within(armed, given)
    const log = yield* EventLog
    const tree = yield* (yield* Repositories).treeOf(checkout)
    const { subject, base } = yield* subjectOf(checkout.path, gate, since)
    const key = { project, ...keyOf(gate, tree, subject) }
    const known = again ? undefined : Verdicts.on(log.database, key)
    if (known !== undefined && isFinal(gate, known)) return { gate, verdict: known, isKnown: true }
    const run = isCheck(gate)
      ? Effect.map(runCheck(gate, checkout.path, base, since), (last) => ({ last, flaky: false }))
      : runCommand(gate, checkout.path)
    const first = yield* run
    const after = yield* (yield* Repositories).treeOf(checkout)
    // Nobody knows which files it saw that were changed meanwhile: a pass is of files that stayed as they were.
    const isMoved = after !== tree && verdictOf(first.last) === "passed"
    const { last, flaky } = isMoved ? yield* run : first
    const about = isMoved ? { project, ...keyOf(gate, after, subject) } : key
    const store = contentStore(log, (yield* Secrets).redact)
    const output = last.output.length === 0 ? null : yield* store.add(last.output, undefined)
    const ran: GateRan = {
      gate: gate.name,
      checkout: checkout.path,
      tree: about.tree,
      definition: about.definition,
      verdict: verdictOf(last),
      flaky,
      exit: last.exit,
      durationMs: last.durationMs,
      output,
      ...(subject === "" ? {} : { subject })
    }
    const { user, caller } = yield* Nexus
    yield* log
      .append(
        [
          {
            stream: gatesStream(project),
            project,
            actor: caller === undefined ? { kind: "human", name: user } : { kind: "agent", name: caller.agent },
            events: [{ type: "GateRan", payload: ran }],
            ...(caller?.session === undefined ? {} : { correlation: caller.session })
          }
        ],
        store.blobs
      )
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
    const verdict = Verdicts.on(log.database, about)
    return verdict === undefined
      ? yield* Effect.dieMessage("The verdict was not recorded.")
      : { gate, verdict, isKnown: false }
  })

/** A verdict by its number, with what the gate printed; null when that is not kept any more. Fails with NotFound. */
export const show = (position: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const verdict = Verdicts.at(log.database, position)
    if (verdict === undefined)
      return yield* new NotFound({ what: "verdict", name: String(position), hint: "List them: nexus gate list" })
    const output = verdict.output === null ? undefined : yield* log.blobs.get(verdict.output)
    return { verdict, output: output?.toString("utf8") ?? null }
  })
