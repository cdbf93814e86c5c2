/** Where commands print: results to stdout, for people or as JSON; everything else to stderr. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Progress } from "../projections/Projections.ts"
import { print } from "./print.ts"
import { printResult, type Style, style } from "./printResult.ts"

export class Output extends Context.Tag("nexus/cli/Output")<
  Output,
  {
    readonly json: boolean
    /** Prints a result: `value` as one JSON document with --json, else the lines. */
    readonly result: (value: unknown, lines: () => ReadonlyArray<string>) => Effect.Effect<void>
    /** Prints a line of a stream of them. */
    readonly line: (text: string) => Effect.Effect<void>
    /** Prints a note on stderr, for people. */
    readonly note: (text: string) => Effect.Effect<void>
    /** Shows how far a piece of work is, on a terminal, once it has taken a second. `done` clears it. */
    readonly progress: (label: string) => { readonly report: Progress; readonly done: () => void }
    readonly style: Style
    readonly interactive: boolean
  }
>() {
  static readonly layer = (json: boolean) =>
    Layer.sync(this, () => {
      return {
        json,
        style,
        interactive: process.stdin.isTTY && process.stdout.isTTY,
        result: (value, lines) => Effect.sync(() => printResult(json, value, lines)),
        line: (text) => Effect.sync(() => print(1, `${text}\n`)),
        note: (text) => Effect.sync(() => (json ? undefined : print(2, `${text}\n`))),
        progress
      }
    })
}

const progress: Output["Type"]["progress"] = (label) => {
  if (!process.stderr.isTTY) return { report: () => undefined, done: () => undefined }
  const started = performance.now()
  let shown = 0
  return {
    report: (done, total) => {
      const now = performance.now()
      if (now - started < 1000 || now - shown < 100 || total === 0) return
      shown = now
      print(2, `\r\u001b[K${label} ${Math.floor((100 * done) / total)} %`)
    },
    done: () => {
      if (shown > 0) print(2, "\r\u001b[K")
    }
  }
}
