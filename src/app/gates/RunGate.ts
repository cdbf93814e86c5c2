/** Gates of the project that the command was given in: which there are, what they say of the files as they are, and runs. */
import * as Effect from "effect/Effect"
import { type CommandGate, type Gate, isCheck, verdictOf } from "../../domain/boulder/Gates.ts"
import type { GateRan } from "../../domain/boulder/GateEvents.ts"
import { gatesStream } from "../../domain/Ids.ts"
import { runAt } from "../../domain/boulder/Boulder.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Verdicts from "../../projections/Gates.ts"
import { contentStore } from "../ContentStore.ts"
import { NotFound } from "../Find.ts"
import { here } from "../Here.ts"
import { Nexus } from "../Nexus.ts"
import { Programs } from "../ports/Programs.ts"
import { Repositories } from "../ports/Repositories.ts"
import { Secrets } from "../ports/Secrets.ts"
import { runCheck } from "./RunCheck.ts"
import { gateNamed, gatesOf } from "./Definitions.ts"
import { keyOf, type Since, sinceOf, statesOf, subjectOf } from "./GateStates.ts"

/** Of what a gate prints, so many bytes at its end are kept. */
const kept = 256 * 1024

const gatesHere = Effect.gen(function* () {
  const { checkout, project, config } = yield* here
  const { caller } = yield* Nexus
  const { database } = yield* EventLog
  const since = sinceOf(runAt(Boulders.state(database, project), checkout.path, caller?.session), checkout.path)
  return { checkout, project, gates: gatesOf(checkout.path, config), since }
})

/** What is said with a command comes before what was so when a run was armed. */
const within = (armed: Since, said: Since): Since =>
  said.base === undefined ? { ...armed, uncommitted: said.uncommitted ?? armed.uncommitted } : said

/** All gates, by name. Checks are of what changed since the base; see `subjectOf`. */
export const statesSince = (since: Since) =>
  Effect.gen(function* () {
    const place = yield* gatesHere
    const look = Effect.map((yield* Repositories).treeOf(place.checkout), (tree) => ({ tree }))
    return (yield* statesOf(place, look, within(place.since, since))).states
  })

export const states = statesSince({})

/** The names of the gates that have passed on the files as they are. */
export const passed = Effect.map(states, (all) =>
  all.flatMap(({ gate, verdict }) => (verdict?.verdict === "passed" ? [gate.name] : []))
)

/** The gate of this name. Fails with NotFound. */
export const find = (name: string) => Effect.flatMap(gatesHere, ({ gates }) => gateNamed(name, gates))

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
    const { checkout, project, since: armed } = yield* gatesHere
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
