/** What commits changed (git-diff-tree(1)). */
import * as Effect from "effect/Effect"
import type { EntryKind, FileChange, HistoryFailure } from "../../app/ports/History.ts"
import { run } from "./Git.ts"
import { shallowCommits } from "./Layout.ts"

const isOid = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** Left out: commits that are not there, and those at which a shallow clone was cut off. */
export const changes = (
  checkout: string,
  commits: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<FileChange>>, HistoryFailure> => {
  const cut = shallowCommits(checkout)
  const asked = commits.filter((commit) => isOid.test(commit) && !cut.has(commit))
  if (asked.length === 0) return Effect.succeed(new Map())
  return compare(checkout, asked, ["-M", "-C", "-l1000"]).pipe(
    // A partial clone may lack the contents that similarity is found by; equal contents have equal ids.
    Effect.catchTag("GitFailed", () => compare(checkout, asked, ["-M100%", "-C100%"])),
    Effect.map(parseChanges)
  )
}

const compare = (checkout: string, commits: ReadonlyArray<string>, similarity: ReadonlyArray<string>) =>
  Effect.map(
    run(
      checkout,
      [
        "diff-tree",
        "--stdin",
        "--always",
        "-r",
        "-z",
        "--raw",
        "--no-abbrev",
        "--root",
        // Of merges, what differs from every parent.
        "-c",
        "--combined-all-paths",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=none",
        ...similarity
      ],
      { input: commits.map((commit) => `${commit}\n`).join("") }
    ),
    ({ output }) => output.toString("utf8")
  )

/** A commit's id; then of each file one ":" a parent, modes, ids and status; then its paths: all ended by NUL. */
export const parseChanges = (listed: string): ReadonlyMap<string, ReadonlyArray<FileChange>> => {
  const changed = new Map<string, Array<FileChange>>()
  const parts = listed.split("\0").values()
  let current: Array<FileChange> = []
  for (const part of parts) {
    if (part === "") continue
    if (!part.startsWith(":")) {
      changed.set(part, (current = []))
      continue
    }
    const parents = /^:+/.exec(part)?.[0].length ?? 1
    const words = part.slice(parents).split(" ")
    const modes = words.slice(0, parents + 1)
    const oids = words.slice(parents + 1, 2 * parents + 2)
    const status = words.at(-1) ?? ""
    const count = parents > 1 ? parents + 1 : /^[RC]/.test(status) ? 2 : 1
    const paths = Array.from({ length: count }, () => String(parts.next().value))
    const path = paths.at(-1) ?? ""
    const before = presence(oids[0])
    const after = presence(oids.at(-1))
    const from = paths[0] === path || before === null ? null : (paths[0] ?? null)
    const copied = from !== null && status.startsWith("C") ? { copied: true } : {}
    current.push({ path, from, ...copied, before, after, kind: kindOf(after === null ? modes[0] : modes.at(-1)) })
  }
  return changed
}

const presence = (oid: string | undefined): string | null => (oid === undefined || /^0+$/.test(oid) ? null : oid)

/** By the mode of a tree's entry. */
export const kindOf = (mode: string | undefined): EntryKind =>
  mode === "120000" ? "symlink" : mode === "160000" ? "submodule" : "file"
