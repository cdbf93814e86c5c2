/** Running a check that is built in: what it is about, and what it says. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { shownReport } from "../../domain/boulder/Checks.ts"
import type { CheckGate } from "../../domain/boulder/Gates.ts"
import { Nexus } from "../Nexus.ts"
import { isInstallable } from "../ports/Agent.ts"
import type { ProgramRun } from "../ports/Programs.ts"
import type { Since } from "./GateStates.ts"
import type { Report } from "./Report.ts"

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
