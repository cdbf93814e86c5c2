/** Running a check that is built in: what it is about, and what it says. */
import { hash } from "node:crypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { shownReport } from "../../domain/boulder/Checks.ts"
import { type CheckGate, type Gate, isCheck } from "../../domain/boulder/Gates.ts"
import { Nexus } from "../Nexus.ts"
import { isInstallable } from "../ports/Agent.ts"
import { History } from "../ports/History.ts"
import type { ProgramRun } from "../ports/Programs.ts"
import { Work } from "../ports/Work.ts"
import type { Report } from "./Report.ts"

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

/** The checks are loaded when they run: they stand on large libraries. */
const reportOf = (gate: CheckGate, checkout: string, base: string | null, since: Since) =>
  Effect.gen(function* () {
    if (gate.check === "documentation") {
      const { judgeDocumentation } = yield* Effect.promise(() => import("./documentation/Documentation.ts"))
      return yield* judgeDocumentation(checkout, gate, base)
    }
    const { agents } = yield* Nexus
    const { judgeCommits } = yield* Effect.promise(() => import("./commits/Commits.ts"))
    const settings = agents.flatMap((agent) => (isInstallable(agent) ? [agent.settings.file("local")] : []))
    return yield* judgeCommits(checkout, gate, base, {
      untracked: [".nexus/**", ...settings],
      before: since.uncommitted ?? []
    })
  })

/** Where git can't tell (a partial clone lacks contents), the check is unavailable: nobody is blamed. */
export const runCheck = (gate: CheckGate, checkout: string, base: string | null, since: Since) =>
  reportOf(gate, checkout, base, since).pipe(
    Effect.map((report): Ended => ({ ...report, isTimedOut: false, isMissing: false })),
    Effect.catchTag("GitFailed", ({ message }) => Effect.succeed<Ended>({ ...ended(message), isMissing: true })),
    Effect.timeoutTo({
      duration: gate.timeout,
      onSuccess: (report) => report,
      onTimeout: (): Ended => ({ ...ended(`Time was up after ${gate.timeout / 1000} s.`), isTimedOut: true })
    }),
    Effect.timed,
    Effect.map(([duration, { findings, remarks, isTimedOut, isMissing }]): ProgramRun => ({
      exit: isTimedOut || isMissing ? null : Number(findings.length > 0),
      isTimedOut,
      isMissing,
      output: Buffer.from(shownReport(findings, remarks, !isTimedOut && !isMissing)),
      durationMs: Math.round(Duration.toMillis(duration))
    }))
  )

type Ended = Report & Pick<ProgramRun, "isTimedOut" | "isMissing">

const ended = (remark: string): Ended => ({ findings: [], remarks: [remark], isTimedOut: false, isMissing: false })

/** What is uncommitted, for `Since`. */
export const uncommittedNow = (checkout: string) =>
  Effect.flatMap(
    Effect.promise(() => import("./commits/Tree.ts")),
    ({ uncommittedStates }) => uncommittedStates(checkout)
  )
