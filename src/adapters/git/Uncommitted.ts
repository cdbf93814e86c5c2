/** What differs between HEAD and the files on disk (git-diff-index(1)); files that git does not know are not looked at. */
import * as Effect from "effect/Effect"
import type { HistoryFailure, PendingChange } from "../../app/ports/History.ts"
import { parseChanges } from "./Changes.ts"
import { run } from "./Git.ts"

export const uncommitted = (checkout: string): Effect.Effect<ReadonlyArray<PendingChange>, HistoryFailure> =>
  run(checkout, [
    "diff-index",
    "-z",
    "--raw",
    "--no-abbrev",
    "-M",
    "--no-ext-diff",
    "--ignore-submodules=all",
    "HEAD"
  ]).pipe(
    Effect.map(({ output }) => {
      // As diff-tree lists a commit, but for the commit's id.
      const changes = parseChanges(`HEAD\0${output.toString("utf8")}`).get("HEAD") ?? []
      return changes.flatMap(({ path, from, before, kind }) => (kind === "file" ? [{ path, from, before }] : []))
    }),
    // Without a commit there is nothing to differ from.
    Effect.catchTag("GitFailed", () => Effect.succeed([]))
  )
