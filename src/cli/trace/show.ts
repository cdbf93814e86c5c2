/** `nexus trace show`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { commitNamed } from "../../app/trace/Show.ts"
import type {
  AttributedCommit,
  AttributedFile,
  Contributor,
  UnknownReason
} from "../../domain/attribution/Attribution.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { withLog } from "../withLog.ts"
import { colours, labelOf } from "./Contributors.ts"
import { shownPath, visible } from "./visible.ts"

const revision = Args.text({ name: "COMMIT" }).pipe(Args.withDescription("A commit, as git names it"))

export const showCommand = Command.make("show", { revision, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const commit = yield* commitNamed(given.revision)
      yield* output.result(commit, () => linesOf(commit, output.style))
    })
  )
).pipe(Command.withDescription("Show a commit's lines by contributor, and how completely they are known"))

type Style = Output["Type"]["style"]

const reasons: Readonly<Record<UnknownReason, string>> = {
  "before-record": "older than the record of this project",
  "not-recorded-here": "committed elsewhere, and no record came with it",
  "blind-call": "an agent's command ran, and nobody looked at what it changed",
  contested: "an agent's command and somebody else wrote the file at the same time",
  superseded: "an agent had written the same text, and nobody saw how it came back",
  "content-lost": "the content that would tell is in no store any more"
}

const linesOf = (commit: AttributedCommit, style: Style): ReadonlyArray<string> => {
  const { captured, inferred, missing, reasons: why } = commit.completeness
  return [
    `${style("yellow", commit.commit)} ${visible(commit.subject)}`,
    `${visible(commit.author)}, ${shownTime(commit.authored)}`,
    "",
    ...commit.files.flatMap((file) => fileLines(file, style)),
    "",
    `${style("bold", "Lines")} ${captured} captured, ${inferred} inferred, ${missing} missing`,
    ...why.map(({ reason, lines }) => `${numbered(lines)} ? ${reasons[reason]}`)
  ]
}

const fileLines = (file: AttributedFile, style: Style): ReadonlyArray<string> => [
  `${style("bold", shownPath(file.path))}${file.from === null ? "" : ` (from ${shownPath(file.from)})`}${file.kind === undefined ? "" : `, ${file.kind}`}`,
  ...tallied(file.ranges, ({ contributor }) => named(contributor, style)).map(
    ([who, lines]) => `${numbered(lines)} + ${who}`
  ),
  ...tallied(
    file.deletions,
    ({ owner, by }) => `${named(owner.contributor, style)}, deleted by ${labelOf(by.contributor)}`
  ).map(([what, lines]) => `${numbered(lines)} - ${what}`)
]

const named = (contributor: Contributor, style: Style): string =>
  style(colours[contributor.type], visible(labelOf(contributor)))

const numbered = (lines: number): string => String(lines).padStart(7)

interface Lines {
  readonly start: number
  readonly end: number
}

/** How many lines there are of each, most first. */
const tallied = <A extends Lines>(ranges: ReadonlyArray<A>, of: (range: A) => string) =>
  [...Map.groupBy(ranges, of)]
    .map(([what, all]) => [what, all.reduce((sum, { start, end }) => sum + end - start + 1, 0)] as const)
    .sort(([, a], [, b]) => b - a)
