/** The files of a checkout: which there are, and which are not as they were. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { HistoryFailure } from "../../../app/ports/History.ts"
import type { Changed, Uncommitted } from "../../../app/ports/Work.ts"
import { parseChanges } from "../Changes.ts"
import { text } from "../Git.ts"
import { layoutOf } from "../Layout.ts"
import { looked, statusOf } from "../WorkState.ts"

/** Paths that end with NUL. */
const paths = (listed: string): ReadonlyArray<string> => listed.split("\0").filter((path) => path !== "")

/** git-status(1), porcelain format version 2: fields before the path, by the first character of an entry. */
const fieldsBefore: Readonly<Record<string, number>> = { "1": 8, "2": 9, u: 10, "?": 1 }

export const uncommitted = (checkout: string): Effect.Effect<ReadonlyArray<Uncommitted>, HistoryFailure> =>
  Effect.map(statusText(checkout), (listed) => {
    const found: Array<Uncommitted> = []
    const entries = paths(listed).values()
    for (const entry of entries) {
      const kind = entry[0] ?? ""
      const count = fieldsBefore[kind]
      if (count === undefined) continue
      const path = entry.split(" ").slice(count).join(" ")
      // Of a rename, the path before follows.
      if (kind === "2") entries.next()
      found.push({ path, state: stateOf(kind, entry.slice(2, 4)) })
    }
    return found
  })

const statusText = (checkout: string): Effect.Effect<string, HistoryFailure> =>
  Effect.flatMap(
    Effect.promise(async () => looked(checkout)),
    (seen) => (seen === undefined ? text(checkout, statusOf) : Effect.succeed(seen.status))
  )

const stateOf = (kind: string, xy: string): Uncommitted["state"] => {
  if (kind === "?") return "untracked"
  if (kind === "u") return "unmerged"
  if (kind === "2") return "renamed"
  if (xy.includes("D")) return "deleted"
  return xy.startsWith("A") ? "added" : "modified"
}

const begun: Readonly<Record<string, string>> = {
  MERGE_HEAD: "merge",
  CHERRY_PICK_HEAD: "cherry-pick",
  REVERT_HEAD: "revert",
  "rebase-merge": "rebase",
  "rebase-apply": "rebase"
}

export const unfinished = (checkout: string): string | undefined => {
  const { gitDir } = layoutOf(checkout) ?? {}
  if (gitDir === undefined) return undefined
  return Object.entries(begun).find(([name]) => existsSync(join(gitDir, name)))?.[1]
}

const untracked = ["ls-files", "-z", "--others", "--exclude-standard"]

export const changed = (checkout: string, base: string | null): Effect.Effect<ReadonlyArray<Changed>, HistoryFailure> =>
  Effect.gen(function* () {
    const fresh = paths(yield* text(checkout, untracked))
    const known =
      base === null
        ? paths(yield* text(checkout, ["ls-files", "-z"])).map((path) => ({
            path,
            from: null,
            before: null,
            kind: "file" as const
          }))
        : (parseChanges(
            `${base}\0${yield* text(checkout, ["diff-index", "-z", "--raw", "--no-abbrev", "-M", "-l500", "--no-ext-diff", base])}`
          ).get(base) ?? [])
    const here = (path: string) => existsSync(join(checkout, path))
    return [
      ...known.flatMap(({ path, from, before, kind }) =>
        kind === "submodule" ? [] : [{ path, from, before, isThere: here(path) }]
      ),
      ...fresh.map((path) => ({ path, from: null, before: null, isThere: true }))
    ]
  })

export const files = (checkout: string): Effect.Effect<ReadonlyArray<string>, HistoryFailure> =>
  Effect.gen(function* () {
    const known = paths(yield* text(checkout, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))
    const gone = new Set(paths(yield* text(checkout, ["ls-files", "-z", "--deleted"])))
    return [...new Set(known)].filter((path) => !gone.has(path))
  })

export const ignored = (
  checkout: string,
  asked: ReadonlyArray<string>
): Effect.Effect<ReadonlySet<string>, HistoryFailure> =>
  asked.length === 0
    ? Effect.succeed(new Set())
    : text(checkout, ["check-ignore", "--no-index", "-z", "--stdin"], {
        // It takes no literal paths; after "./" nothing is magic (gitglossary(7), "pathspec").
        input: asked.map((path) => `./${path}\0`).join(""),
        env: { GIT_LITERAL_PATHSPECS: "0" },
        codes: [0, 1]
      }).pipe(Effect.map((listed) => new Set(paths(listed).map((path) => path.slice(2)))))
