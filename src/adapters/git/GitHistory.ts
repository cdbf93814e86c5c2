/** A repository's history through git: files where they tell it, one process for many questions where they don't. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { History } from "../../app/ports/History.ts"
import { added } from "./Added.ts"
import { blame, blameContents } from "./Blame.ts"
import { changes } from "./Changes.ts"
import { commits, unreachable } from "./Commits.ts"
import { fingerprintOf, indexStateOf, worktreesOf } from "./Layout.ts"
import { fetchNotes, notes, pushNotes, writeNotes } from "./Notes.ts"
import { blobs, entry, tree } from "./Objects.ts"
import { reflog } from "./Reflog.ts"
import { commitOf, head, isAncestor } from "./Revisions.ts"
import { uncommitted } from "./Uncommitted.ts"

export const layer = Layer.succeed(History, {
  commitOf,
  head,
  commits,
  changes,
  added,
  uncommitted,
  blame: (checkout, path, revision, contents) =>
    contents === undefined ? blame(checkout, path, revision) : blameContents(checkout, path, revision, contents),
  blobs,
  entry,
  entries: (checkout, revision, paths) => tree(checkout, revision, ["--", ...paths]),
  files: (checkout, revision) =>
    Effect.map(tree(checkout, revision, ["-r"]), (entries) =>
      [...entries].flatMap(([path, { kind }]) => (kind === "submodule" ? [] : [path]))
    ),
  reflog,
  fingerprint: (checkout) => Effect.sync(() => fingerprintOf(checkout)),
  indexState: (checkout) => Effect.sync(() => indexStateOf(checkout)),
  worktrees: (checkout) => Effect.sync(() => worktreesOf(checkout)),
  unreachable,
  isAncestor,
  notes,
  writeNotes,
  pushNotes,
  fetchNotes
})
