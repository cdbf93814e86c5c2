/** `nexus workspace cp`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { copyBetween } from "../../app/workspaces/Copy.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { shownBytes } from "./checkpointLines.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const place = (name: string, what: string) => Args.text({ name }).pipe(Args.withDescription(what))

export const copyCommand = Command.make(
  "cp",
  {
    source: place("SRC", "A file or folder, here or in a workspace: feat-x:path, relative to its worktree"),
    target: place("DST", "Where it goes; into it, if that is a folder"),
    ...globals
  },
  ({ source, target }) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const shown = progress()
        const copied = yield* copyBetween(source, target, { progress: shown.report }, yield* say).pipe(
          Effect.ensuring(Effect.sync(shown.done))
        )
        const { files, folders, links, bytes, leftOut } = copied
        for (const { path, why } of leftOut) yield* output.note(`Left out: ${path}: ${why}`)
        yield* output.result(copied, () => [
          `${files} files${folders > 0 ? `, ${folders} folders` : ""}${links > 0 ? `, ${links} links` : ""} copied: ${shownBytes(bytes)}.`
        ])
      })
    )
).pipe(Command.withDescription("Copy files into a workspace, or out of it"))

/** On a terminal, ten times a second, once it has taken one. */
const progress = () => {
  const isTerminal = process.stderr.isTTY
  const began = performance.now()
  let last = 0
  return {
    report: ({ files, bytes }: { readonly files: number; readonly bytes: number }): void => {
      const now = performance.now()
      if (!isTerminal || now - began < 1000 || now - last < 100) return
      last = now
      print(2, `\r\u001b[K${files} files, ${shownBytes(bytes)}`)
    },
    done: (): void => {
      if (last > 0) print(2, "\r\u001b[K")
    }
  }
}
