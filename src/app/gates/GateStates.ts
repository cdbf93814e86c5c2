/** What gates say of the files as they are, as far as it is known without running them: all that a hook asks about gates. */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { Run } from "../../domain/boulder/Boulder.ts"
import { definitionText, type Gate, isCheck } from "../../domain/boulder/Gates.ts"
import type { ProjectId } from "../../domain/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Verdicts from "../../projections/Gates.ts"
import { History } from "../ports/History.ts"
import type { Checkout } from "../ports/Repositories.ts"
import { Work } from "../ports/Work.ts"

/** A gate, and what it said of the files as they are; null when it did not run on them. */
export interface GateState {
  readonly gate: Gate
  readonly verdict: Verdicts.Verdict | null
}

/** What there was when the work began. */
export interface Since {
  /** A revision. Unset: as configured, else where the branch left its upstream or the main branch. */
  readonly base?: string | undefined
  /** The commit itself, where it is known: that of an armed run. `base` comes before it. */
  readonly commit?: string | undefined
  /** What was uncommitted then: `uncommittedNow` of that time. */
  readonly uncommitted?: ReadonlyArray<string> | undefined
}

/**
 * What a gate's verdict is about beside the tree: nothing ("") for a command; for a check the base, and for commits HEAD and what
 * is not committed as well.
 */
export const subjectOf = (checkout: string, gate: Gate, since: Since) =>
  Effect.gen(function* () {
    if (!isCheck(gate)) return { subject: "", base: null }
    const work = yield* Work
    const base =
      since.base === undefined && since.commit !== undefined
        ? since.commit
        : yield* work.base(checkout, since.base ?? gate.options.base)
    const { commit } = yield* (yield* History).head(checkout)
    // Without a base, documents are compared with HEAD.
    if (gate.check === "documentation") return { subject: `base ${base ?? `none head ${commit ?? "none"}`}`, base }
    const files = (yield* work.uncommitted(checkout)).map(({ path, state }) => `${state} ${path}`)
    const rest = hash("sha256", JSON.stringify([files, work.unfinished(checkout), since.uncommitted])).slice(0, 16)
    return { subject: `base ${base ?? "none"} head ${commit ?? "none"} files ${rest}`, base }
  })

/** Where the work of a run began: what gates say of it is said of the same everywhere. Empty where no run is armed. */
export const sinceOf = (run: Run | undefined, checkout: string): Since =>
  run === undefined || run.base === null || run.checkout !== checkout
    ? {}
    : { commit: run.base, uncommitted: run.uncommitted }

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

/** What a verdict is kept by. */
export const keyOf = (gate: Gate, tree: string, subject: string) => ({
  gate: gate.name,
  tree,
  subject,
  definition: hash("sha256", definitionText(gate))
})
