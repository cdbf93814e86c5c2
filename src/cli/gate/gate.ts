/** `nexus gate`: the checks of this project. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { GateState } from "../../app/gates/GateStates.ts"
import * as RunGate from "../../app/gates/RunGate.ts"
import { isoTime } from "../../app/isoTime.ts"
import { type Gate, isCheck, shownCommand } from "../../domain/boulder/Gates.ts"
import type { Verdict } from "../../projections/Gates.ts"
import { globals } from "../Globals.ts"
import { noOption } from "../noOption.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { table } from "../Table.ts"
import { withLog } from "../withLog.ts"

/** A gate that was run did not pass. */
export class GateNotPassed extends Schema.TaggedError<GateNotPassed>()("GateNotPassed", {
  gates: Schema.Array(Schema.String)
}) {
  override get message() {
    return `Not passed: ${this.gates.join(", ")}.`
  }
}

const verdictView = ({ position, verdict, flaky, exit, durationMs, tree, time }: Verdict) => ({
  id: position,
  verdict,
  flaky,
  exit,
  durationMs,
  tree,
  time: isoTime(time)
})

const gateView = ({ gate, verdict }: GateState) => ({
  name: gate.name,
  command: isCheck(gate) ? null : gate.command,
  timeoutMs: gate.timeout,
  origin: gate.origin,
  verdict: verdict === null ? null : verdictView(verdict)
})

const colours = { passed: "green", failed: "red", "timed out": "red", unavailable: "yellow" } as const

const shownVerdict = ({ verdict, flaky }: Verdict): string => (flaky ? `${verdict} the second time` : verdict)

const none = "No gates yet: docs/gates.md says how to have one."

const list = Command.make("list", { ...globals }, () =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const all = yield* RunGate.states
      yield* output.result({ items: all.map(gateView) }, () =>
        all.length === 0
          ? [none]
          : table(
              ["gate", "on these files", "verdict", "command", "from"],
              all.map(({ gate, verdict }) => [
                gate.name,
                verdict === null ? "not run" : shownVerdict(verdict),
                verdict === null ? "–" : String(verdict.position),
                shownCommand(gate),
                gate.origin
              ]),
              output.style
            )
      )
    })
  )
).pipe(Command.withDescription("List the gates, and what each said of the files as they are"))

const runCommand = Command.make(
  "run",
  {
    names: Args.text({ name: "NAME" }).pipe(Args.withDescription("Default: all"), Args.repeated),
    again: Options.boolean("again").pipe(Options.withDescription("Also when the verdict on these files is known")),
    base: Options.text("base").pipe(
      Options.withPseudoName("REV"),
      Options.withDescription(
        "What the work began at, for built-in gates; default: where it left its upstream or main"
      ),
      Options.optional
    ),
    ...globals
  },
  ({ names, again, base }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        yield* noOption(names, ["again", "base"])
        const gates: ReadonlyArray<Gate> =
          names.length > 0
            ? yield* Effect.forEach(names, RunGate.find)
            : (yield* RunGate.states).map(({ gate }) => gate)
        if (gates.length === 0) yield* output.note(none)
        const judged = yield* Effect.forEach(gates, (gate) =>
          Effect.gen(function* () {
            yield* output.note(`${gate.name}: ${shownCommand(gate)}`)
            return yield* RunGate.judge(gate, { again, base: Option.getOrUndefined(base) })
          })
        )
        yield* output.result(
          { items: judged.map(({ isKnown, ...one }) => ({ ...gateView(one), known: isKnown })) },
          () =>
            judged.map(({ gate, verdict, isKnown }) => {
              const seconds = `${(verdict.durationMs / 1000).toFixed(1)} s`
              const how = isKnown ? `known of these files since ${shownTime(isoTime(verdict.time))}` : seconds
              return `${gate.name} ${output.style(colours[verdict.verdict], shownVerdict(verdict))} (${how}); what it printed: nexus gate show ${verdict.position}`
            })
        )
        const bad = judged.flatMap(({ gate, verdict: { verdict } }) =>
          verdict === "failed" || verdict === "timed out" ? [gate.name] : []
        )
        if (bad.length > 0) return yield* new GateNotPassed({ gates: bad })
      })
    )
).pipe(
  Command.withDescription(
    "Run gates, unless their verdict on these files is known; ends with code 7 when one does not pass"
  )
)

const showCommand = Command.make(
  "show",
  {
    verdict: Args.integer({ name: "VERDICT" }).pipe(Args.withDescription("Its number in nexus gate list")),
    ...globals
  },
  ({ verdict: position }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const { verdict, output: printed } = yield* RunGate.show(position)
        yield* output.result({ gate: verdict.gate, ...verdictView(verdict), output: printed }, () => [
          `${output.style("bold", verdict.gate)} ${output.style(colours[verdict.verdict], shownVerdict(verdict))} at ${shownTime(isoTime(verdict.time))}, exit code ${verdict.exit ?? "none"}, tree ${verdict.tree.slice(0, 12)}`,
          ...(printed === null ? ["It printed nothing."] : printed.trimEnd().split("\n"))
        ])
      })
    )
).pipe(Command.withDescription("Show one verdict, and what the gate printed"))

export const gateCommand = Command.make("gate").pipe(
  Command.withSubcommands([list, runCommand, showCommand]),
  Command.withDescription("Run the checks that say whether the work holds")
)
