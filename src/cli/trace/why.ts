/** `nexus trace why`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { type Explained, why } from "../../app/trace/Why.ts"
import type { LineNotes } from "../../domain/attribution/Attribution.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { withLog } from "../withLog.ts"
import { stateOf, states } from "./blame.ts"
import { colours, labelOf } from "./Contributors.ts"
import { shownPath, visible } from "./visible.ts"

const place = Args.text({ name: "FILE:LINE" }).pipe(Args.withDescription("A line of a file: src/main.ts:12"))

export const whyCommand = Command.make("why", { place, ...states, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const [, file, line] = /^(.+):(\d+)$/s.exec(given.place) ?? []
      if (file === undefined)
        return yield* new UsageWrong({ message: `${JSON.stringify(given.place)} names no line. Write FILE:LINE.` })
      const explained = yield* why({ file, line: Number(line), ...(yield* stateOf(given)) })
      const { line: found, ...rest } = explained
      const { line: number, text, ...attribution } = found
      yield* output.result({ ...rest, line: number, text, attribution }, () => linesOf(explained, output.style))
    })
  )
).pipe(Command.withDescription("Show the chain of events behind one line, from prompt to commit"))

const linesOf = ({ file, line, chain }: Explained, style: Output["Type"]["style"]): ReadonlyArray<string> => [
  `${style("bold", `${shownPath(file)}:${line.line}`)} ${visible(line.text)}`,
  `${style(colours[line.contributor.type], visible(labelOf(line.contributor)))}${line.session === null ? "" : ` in ${line.session}`}, ${line.evidence ?? line.reason ?? "unknown"}`,
  ...notesOf(line),
  ...chain.map(({ step, time, actor, event, commit, what }) => {
    const at = event === null ? (commit ?? "").slice(0, 10) : String(event)
    return `${style("dim", at.padStart(10))} ${shownTime(time)} ${step.padEnd(7)} ${style("cyan", visible(actor))} ${visible(what)}`
  })
]

const notesOf = ({ transformedBy, movedBy, copiedFrom, similarTo, imported }: LineNotes): ReadonlyArray<string> => [
  ...(transformedBy === undefined
    ? []
    : [`laid out anew${transformedBy.tool === undefined ? "" : ` by ${transformedBy.tool}`}`]),
  ...(movedBy === undefined ? [] : [`moved from ${visible(movedBy.from)} by ${movedBy.contributor}`]),
  ...(copiedFrom === undefined ? [] : [`copied from ${visible(copiedFrom)}`]),
  ...(similarTo === undefined ? [] : [`equals what event ${similarTo} had written, and did not come from there`]),
  ...(imported === undefined ? [] : [`as imported from ${visible(imported)}`])
]
