/** What commits brought into a repository: files, their sizes, and whether they are text. */
import * as Effect from "effect/Effect"
import type { HistoryFailure } from "../../../app/ports/History.ts"
import type { Written } from "../../../app/ports/Work.ts"
import { parseChanges } from "../Changes.ts"
import { text } from "../Git.ts"

const lines = (values: ReadonlyArray<string>): string => values.map((value) => `${value}\n`).join("")

export const written = (
  checkout: string,
  commits: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Written>, HistoryFailure> =>
  commits.length === 0
    ? Effect.succeed([])
    : text(
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
          "--no-renames",
          "--no-ext-diff"
        ],
        { input: lines(commits) }
      ).pipe(
        Effect.map((listed) =>
          [...parseChanges(listed)].flatMap(([commit, changes]) =>
            changes.flatMap(({ path, before, after, kind }) =>
              after === null || kind !== "file" ? [] : [{ commit, path, before, after }]
            )
          )
        )
      )

export const sizes = (
  checkout: string,
  blobs: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, number>, HistoryFailure> =>
  blobs.length === 0
    ? Effect.succeed(new Map())
    : text(checkout, ["cat-file", "--batch-check=%(objectname) %(objectsize)", "--buffer"], {
        input: lines([...new Set(blobs)])
      }).pipe(
        Effect.map(
          (listed) =>
            new Map(
              listed.split("\n").flatMap((line): ReadonlyArray<readonly [string, number]> => {
                const [oid = "", size = ""] = line.split(" ")
                return /^\d+$/.test(size) ? [[oid, Number(size)]] : []
              })
            )
        )
      )

/** What gitattributes(5) can say of a file's being binary, or kept elsewhere. */
const telling = ["binary", "text", "diff", "filter"]

export const newBinaries = (checkout: string, base: string): Effect.Effect<ReadonlyArray<string>, HistoryFailure> =>
  Effect.gen(function* () {
    const listed = yield* text(checkout, [
      "diff-tree",
      "-r",
      "-z",
      "--numstat",
      "--diff-filter=A",
      "--no-renames",
      "--no-ext-diff",
      "--no-textconv",
      base,
      "HEAD"
    ])
    // ADDED, a tab, DELETED, a tab, PATH: "-" for both in a binary file.
    const binaries = listed.split("\0").flatMap((entry) => (entry.startsWith("-\t-\t") ? [entry.slice(4)] : []))
    if (binaries.length === 0) return []
    const attributes = yield* text(checkout, ["check-attr", "--stdin", "-z", ...telling], {
      input: binaries.map((path) => `${path}\0`).join("")
    })
    const parts = attributes.split("\0")
    const expected = new Set<string>()
    for (let at = 0; at + 2 < parts.length; at += 3)
      if (!["unspecified", "auto"].includes(parts[at + 2] ?? "")) expected.add(parts[at] ?? "")
    return binaries.filter((path) => !expected.has(path))
  })

export const conflictLines = (
  checkout: string,
  base: string
): Effect.Effect<ReadonlyArray<{ readonly path: string; readonly line: number }>, HistoryFailure> =>
  text(
    checkout,
    [
      "-c",
      "core.whitespace=-blank-at-eol,-blank-at-eof,-space-before-tab",
      "diff-index",
      "--check",
      "--no-ext-diff",
      base
    ],
    { codes: [0, 2] }
  ).pipe(
    Effect.map((listed) =>
      listed.split("\n").flatMap((line) => {
        const [, path, number] = /^(.+):(\d+): leftover conflict marker$/.exec(line) ?? []
        return path === undefined ? [] : [{ path, line: Number(number) }]
      })
    )
  )
