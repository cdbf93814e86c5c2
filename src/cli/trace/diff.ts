/** `nexus trace diff`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { difference } from "../../app/trace/Difference.ts"
import type { Attribution } from "../../domain/attribution/Attribution.ts"
import { type Algorithm, algorithms } from "../../domain/attribution/Transition.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { labelOf } from "./Contributors.ts"
import { shownPath } from "./visible.ts"

const algorithm = Options.text("algorithm").pipe(
  Options.withDescription(`Two versions of the algorithm: 1..2. There are: ${algorithms.join(", ")}`)
)

export const diffCommand = Command.make("diff", { algorithm, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const [from, to] = given.algorithm.split("..").map(versionOf)
      if (from === undefined || to === undefined)
        return yield* new UsageWrong({
          message: `--algorithm: ${JSON.stringify(given.algorithm)} is no pair of versions. Write ${algorithms.at(0)}..${algorithms.at(-1)}.`
        })
      const told = yield* difference(from, to)
      yield* output.result(told, () => [
        ...told.items.map(
          (item) =>
            `${shownPath(item.file)}:${item.start === item.end ? item.start : `${item.start}-${item.end}`} ${said(item.from)} → ${said(item.to)}`
        ),
        `${told.items.reduce((sum, { start, end }) => sum + end - start + 1, 0)} of ${told.lines} lines in ${told.files} files differ between algorithm ${from} and ${to}.`
      ])
    })
  )
).pipe(Command.withDescription("Show what one version of the algorithm says differently from another"))

const versionOf = (text: string): Algorithm | undefined => algorithms.find((version) => String(version) === text.trim())

const said = (owner: Attribution | null): string => {
  if (owner === null) return "?"
  const { transformedBy, movedBy, contributor } = owner
  return `${labelOf(contributor)}${transformedBy === undefined ? "" : " (laid out anew)"}${movedBy === undefined ? "" : " (moved)"}`
}
