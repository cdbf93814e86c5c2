/** Single objects and what trees and the index say of paths (git-cat-file(1), git-ls-tree(1), git-ls-files(1)). */
import * as Effect from "effect/Effect"
import type { HistoryFailure, TreeEntry } from "../../app/ports/History.ts"
import type { GitFailed } from "../../app/ports/Repositories.ts"
import { kindOf } from "./Changes.ts"
import { run, text } from "./Git.ts"
import { ObjectReader } from "./ObjectReader.ts"

const isOid = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** Contents of blobs. What is not there, is no blob or has more than `most` bytes is left out. */
export const blobs = (
  checkout: string,
  oids: ReadonlyArray<string>,
  most = Number.POSITIVE_INFINITY
): Effect.Effect<ReadonlyMap<string, Buffer>, HistoryFailure> => {
  const asked = [...new Set(oids)].filter((oid) => isOid.test(oid))
  if (asked.length === 0) return Effect.succeed(new Map())
  return readBlobs(checkout, asked, most).pipe(
    // It stops at the first object that a partial clone was promised and has not got.
    Effect.catchTag("GitFailed", () =>
      Effect.flatMap(present(checkout, asked), (there) =>
        there.length === 0 ? Effect.succeed(new Map<string, Buffer>()) : readBlobs(checkout, there, most)
      )
    )
  )
}

const readBlobs = (checkout: string, oids: ReadonlyArray<string>, most: number) =>
  Effect.suspend(() => {
    const reader = new ObjectReader(most)
    return run(checkout, ["cat-file", "--batch", "--buffer"], {
      input: lines(oids),
      sink: (chunk) => reader.take(chunk)
    }).pipe(Effect.map(() => reader.blobs))
  })

/** Which of these objects are there. */
const present = (checkout: string, oids: ReadonlyArray<string>) =>
  text(checkout, ["rev-list", "--objects", "--no-walk", "--ignore-missing", "--missing=allow-any", "--stdin"], {
    input: lines(oids)
  }).pipe(
    Effect.map((listed) => {
      const there = new Set(listed.split("\n").map((line) => line.trimEnd()))
      return oids.filter((oid) => there.has(oid))
    })
  )

/** Which of these ids are commits that are there. */
export const presentCommits = (
  checkout: string,
  oids: Iterable<string>
): Effect.Effect<ReadonlySet<string>, HistoryFailure> =>
  text(checkout, ["cat-file", "--batch-check=%(objectname) %(objecttype)", "--buffer"], {
    input: lines([...oids].filter((oid) => isOid.test(oid)))
  }).pipe(
    Effect.map(
      (listed) =>
        new Set(listed.split("\n").flatMap((line) => (line.endsWith(" commit") ? [line.split(" ", 1)[0] ?? ""] : [])))
    )
  )

const lines = (oids: ReadonlyArray<string>): string => oids.map((oid) => `${oid}\n`).join("")

export const entry = (
  checkout: string,
  revision: string,
  path: string
): Effect.Effect<TreeEntry | undefined, HistoryFailure> =>
  revision === "index"
    ? Effect.map(text(checkout, ["ls-files", "--stage", "-z", "--", path]), (listed) => {
        // MODE OID STAGE, a tab, PATH. Other stages than 0 are sides of a conflict.
        const found = listed.split("\0").find((line) => line.endsWith(` 0\t${path}`))
        return found === undefined ? undefined : entryOf(found.split(" "))
      })
    : Effect.map(tree(checkout, revision, ["--", path]), (entries) => entries.get(path))

/** The files of a tree: of all of it, or of where `paths` leads. */
export const tree = (
  checkout: string,
  treeish: string,
  args: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, TreeEntry>, HistoryFailure> =>
  Effect.map(text(checkout, ["ls-tree", "-z", "--full-tree", treeish, ...args]), (listed) => {
    const entries = new Map<string, TreeEntry>()
    for (const line of listed.split("\0")) {
      // MODE TYPE OID, a tab, PATH.
      const tab = line.indexOf("\t")
      const [mode = "", type, oid = ""] = line.slice(0, tab).split(" ")
      if (tab > 0 && type !== "tree") entries.set(line.slice(tab + 1), entryOf([mode, oid]))
    }
    return entries
  })

const entryOf = ([mode, oid = ""]: ReadonlyArray<string>): TreeEntry => ({ oid, kind: kindOf(mode) })

/** Whether git failed since what it was asked about is not there. */
export const isAbsent = (failure: GitFailed): boolean =>
  /not a valid object name|not a valid commit name|bad (?:object|revision)|unknown revision|no such (?:path|ref)/i.test(
    failure.detail
  )
