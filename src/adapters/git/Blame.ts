/** Where the lines of a file came from, by git's own account (git-blame(1)). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { BlameOrigin, HistoryFailure } from "../../app/ports/History.ts"
import { GitFailed } from "../../app/ports/Repositories.ts"
import { run, type RunOptions } from "./Git.ts"
import { layoutOf, shallowCommits } from "./Layout.ts"
import { blobs, entry, isAbsent } from "./Objects.ts"

/** Roots are no boundaries: only `shallowCommits` are. */
const command = ["blame", "--incremental", "--root", "--no-ignore-revs-file", "--no-textconv", "--no-progress"]

/** Undefined when there is no such file at `revision`. */
export const blame = (
  checkout: string,
  path: string,
  revision: string
): Effect.Effect<ReadonlyArray<BlameOrigin> | undefined, HistoryFailure> =>
  origins(checkout, [...command, revision, "--", path])

/**
 * Of bytes that are in no commit. git (before 2.41) takes them on top of HEAD only, and reads attributes, which may run
 * filters, from the working tree. So it is asked in a linked worktree that exists for this one question, with the revision
 * for its HEAD and nothing in it.
 */
export const blameContents = (
  checkout: string,
  path: string,
  revision: string,
  contents: Buffer
): Effect.Effect<ReadonlyArray<BlameOrigin> | undefined, HistoryFailure> =>
  Effect.gen(function* () {
    const layout = layoutOf(checkout)
    if (layout === undefined)
      return yield* new GitFailed({ path: checkout, operation: "blame", detail: "there is no repository" })
    const input = yield* withLineEndsOf(checkout, path, revision, contents)
    const found = yield* Effect.acquireUseRelease(
      Effect.sync(() => worktreeAt(revision, layout.commonDir)),
      (folder) =>
        origins(checkout, [...command, "--contents", "-", "--", path], {
          input,
          cwd: join(folder, "top"),
          env: { GIT_DIR: folder, GIT_WORK_TREE: join(folder, "top") }
        }),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    return found ?? unknownOrigins(path, contents)
  })

const worktreeAt = (revision: string, commonDir: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-blame-"))
  mkdirSync(join(folder, "top"))
  writeFileSync(join(folder, "HEAD"), `${revision}\n`)
  writeFileSync(join(folder, "commondir"), `${commonDir}\n`)
  return folder
}

/** A checkout may show "\r\n" where the repository has "\n"; no line is a new one for that. */
const withLineEndsOf = (checkout: string, path: string, revision: string, contents: Buffer) =>
  Effect.gen(function* () {
    if (!contents.includes("\r\n")) return contents
    const committed = yield* entry(checkout, revision, path)
    if (committed === undefined) return contents
    const before = (yield* blobs(checkout, [committed.oid])).get(committed.oid)
    const isOther = before !== undefined && !before.includes("\r\n")
    return isOther ? Buffer.from(contents.toString("latin1").replaceAll("\r\n", "\n"), "latin1") : contents
  })

const origins = (checkout: string, args: ReadonlyArray<string>, options?: RunOptions) =>
  run(checkout, args, options).pipe(
    Effect.map(({ output }) => parseBlame(output.toString("utf8"), shallowCommits(checkout))),
    Effect.catchTag("GitFailed", (failure) => (isAbsent(failure) ? Effect.succeed(undefined) : Effect.fail(failure)))
  )

/** Groups of lines: "COMMIT LINE-THERE LINE-HERE COUNT", the commit's description, and "filename PATH" at the end. */
const parseBlame = (listed: string, boundary: ReadonlySet<string>): ReadonlyArray<BlameOrigin> => {
  const lines: Array<BlameOrigin> = []
  const authors = new Map<string, string>()
  let group: RegExpExecArray | null = null
  for (const line of listed.split("\n")) {
    if (group === null) {
      group = /^([0-9a-f]{40,64}) (\d+) (\d+) (\d+)$/.exec(line)
    } else if (line.startsWith("author ")) {
      // A commit is described once.
      authors.set(group[1] ?? "", line.slice("author ".length))
    } else if (line.startsWith("filename ")) {
      const [, commit = "", there, here, count] = group
      const path = unquoted(line.slice("filename ".length))
      const isCommitted = !/^0+$/.test(commit)
      for (let index = 0; index < Number(count); index++) {
        lines[Number(here) - 1 + index] = {
          commit: isCommitted ? commit : null,
          path,
          line: Number(there) + index,
          author: isCommitted ? (authors.get(commit) ?? "") : null,
          boundary: boundary.has(commit)
        }
      }
      group = null
    }
  }
  return lines
}

const unknownOrigins = (path: string, contents: Buffer): ReadonlyArray<BlameOrigin> => {
  const ends = contents.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
  const count = contents.length === 0 || contents.at(-1) === 10 ? ends : ends + 1
  return Array.from({ length: count }, (_, index) => ({
    commit: null,
    path,
    line: index + 1,
    author: null,
    boundary: false
  }))
}

const escapes: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

/** A path as git writes it into lines: in quotes when it has unusual characters (core.quotePath in git-config(1)). */
export const unquoted = (path: string): string =>
  path.startsWith('"')
    ? path
        .slice(1, -1)
        .replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
          /\d/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code)
        )
    : path
