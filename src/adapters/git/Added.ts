/** Which lines commits added, by the comparison that git-blame makes too (git-diff-tree(1), no context). */
import * as Effect from "effect/Effect"
import type { HistoryFailure } from "../../app/ports/History.ts"
import { unquoted } from "./Blame.ts"
import { run } from "./Git.ts"
import { shallowCommits } from "./Layout.ts"

type Ranges = ReadonlyArray<readonly [start: number, count: number]>

/** Of commits with one parent or none; of merges nothing. By commit and path, 1-based. */
export const added = (
  checkout: string,
  commits: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Ranges>>, HistoryFailure> => {
  const cut = shallowCommits(checkout)
  const asked = commits.filter((commit) => !cut.has(commit))
  if (asked.length === 0) return Effect.succeed(new Map())
  const options = ["--stdin", "-r", "-p", "--unified=0", "--root", "-M", "--no-color", "--no-ext-diff", "--no-textconv"]
  return Effect.map(
    run(checkout, ["diff-tree", ...options], { input: asked.map((commit) => `${commit}\n`).join("") }),
    ({ output }) => parseAdded(output)
  )
}

/** A commit's id; then of each file "diff --git", "+++ PATH", and of each place "@@ -A,B +START,COUNT @@" and its lines. */
export const parseAdded = (output: Buffer): ReadonlyMap<string, ReadonlyMap<string, Ranges>> => {
  const found = new Map<string, Map<string, Array<readonly [number, number]>>>()
  let files = new Map<string, Array<readonly [number, number]>>()
  let ranges: Array<readonly [number, number]> = []
  // Lines of the files themselves, which may look like anything, are counted and passed over.
  let rest = 0
  for (const line of output.toString("utf8").split("\n")) {
    if (rest > 0 && /^[-+\\]/.test(line)) {
      if (!line.startsWith("\\")) rest -= 1
    } else if (line.startsWith("@@ ")) {
      const [, removed = "1", start = "0", count = "1"] = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
      rest = Number(removed) + Number(count)
      if (Number(count) > 0) ranges.push([Number(start), Number(count)])
    } else if (line.startsWith("+++ ")) {
      const path = unquoted(line.slice(4).replace(/\t$/, "")).replace(/^b\//, "")
      files.set(path, (ranges = []))
    } else if (/^[0-9a-f]{40,64}$/.test(line)) {
      found.set(line, (files = new Map()))
    }
  }
  return found
}
