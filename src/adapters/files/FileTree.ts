/** The files of a checkout through git's index and the file system. */
import { isUtf8 } from "node:buffer"
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { gitOid } from "../../app/ContentStore.ts"
import { LookFailed, type LooseFile, type SeenFile, WorkingTree } from "../../app/ports/WorkingTree.ts"
import * as Git from "../git/Git.ts"
import { layoutOf } from "../git/Layout.ts"

/** An agent waits meanwhile: what takes longer, in milliseconds, is given up. */
const longestList = 2500
const longestRead = 1000

/** More loose files than this are not looked at. */
const mostFiles = 50_000

/** Larger files are known by their stamp alone, and so is everything after this many bytes in one look. */
const largestFile = 3 * 1024 * 1024
const mostBytes = 32 * 1024 * 1024

/** File systems keep times by the kernel's tick, 10 ms at the most: a younger file may change without its stamp. */
const tick = 25

/** More paths than this do not fit on a command line for sure. */
const mostPaths = 500

type Known = Pick<LooseFile, "id" | "stamp">

export const layer = Layer.succeed(WorkingTree, {
  look: (checkout, known) =>
    Effect.gen(function* () {
      const index = markOf(yield* indexOf(checkout))
      // "C path" of a file that differs, "R path" of one that is gone (and differs), "? path" of an untracked one.
      const options = ["-z", "-t", "--modified", "--deleted", "--others", "--exclude-standard"]
      const found = yield* listed(checkout, options)
      // A repository inside of this one is a folder to it.
      const paths = new Set(found.flatMap((entry) => (entry.endsWith("/") ? [] : [entry.slice(2)])))
      if (paths.size > mostFiles) return yield* new LookFailed({ checkout, detail: `git has ${paths.size} files not` })
      return { index, loose: looseFiles(checkout, paths, known) }
    }),
  keepIndex: (checkout, copy) =>
    Effect.flatMap(indexOf(checkout), (index) =>
      attempt(checkout, () => {
        writeFileSync(copy, index, { mode: 0o600 })
        return markOf(index)
      })
    ),
  indexed: (checkout, { paths = [], copy }) =>
    Effect.map(
      listed(
        checkout,
        ["-z", "-t", "--stage", "--", ...(paths.length > mostPaths ? [] : paths)],
        copy === undefined ? {} : { GIT_INDEX_FILE: copy }
      ),
      (entries) => new Map(entries.flatMap(indexEntry))
    ),
  see: (file) => see(file, largestFile)
})

/** "H 100644 <blob id> 0\tpath" (git-ls-files(1), OUTPUT). Entries with tag S are not on disk (sparse checkouts). */
const indexEntry = (entry: string): ReadonlyArray<readonly [path: string, id: string]> => {
  const tab = entry.indexOf("\t")
  const [tag, mode, oid] = entry.slice(0, tab).split(" ")
  if (oid === undefined || tag === "S" || mode === "160000") return []
  return [[entry.slice(tab + 1), mode === "120000" ? `link:${oid}` : oid]]
}

const attempt = <A>(checkout: string, body: () => A): Effect.Effect<A, LookFailed> =>
  Effect.try({
    try: body,
    catch: (cause) => new LookFailed({ checkout, detail: cause instanceof Error ? cause.message : String(cause) })
  })

/** The index as bytes; empty before the first `git add`. */
const indexOf = (checkout: string): Effect.Effect<Buffer, LookFailed> =>
  attempt(checkout, () => {
    const layout = layoutOf(checkout)
    const file = layout === undefined ? undefined : join(layout.gitDir, "index")
    const isThere = file !== undefined && lstatSync(file, { throwIfNoEntry: false }) !== undefined
    return isThere ? readFileSync(file) : Buffer.alloc(0)
  })

/** An index ends with a hash of all before it (gitformat-index(5)), unless `index.skipHash` is on: that is its own then. */
const markOf = (index: Buffer): string => {
  const own = index.subarray(-20)
  return own.some((byte) => byte !== 0) ? `${index.length} ${own.toString("hex")}` : gitOid(index)
}

const listed = (
  checkout: string,
  options: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<ReadonlyArray<string>, LookFailed> =>
  Git.run(checkout, ["ls-files", ...options], { env }).pipe(
    Effect.timeoutFail({
      duration: longestList,
      onTimeout: () => new LookFailed({ checkout, detail: `listing its files takes longer than ${longestList} ms` })
    }),
    Effect.catchTags({
      GitFailed: ({ detail }) => new LookFailed({ checkout, detail }),
      GitMissing: ({ message }) => new LookFailed({ checkout, detail: message })
    }),
    Effect.map(({ output }) => entriesOf(output))
  )

/** A path that is no UTF-8 has no name in the record: it is passed over. */
const entriesOf = (output: Buffer): ReadonlyArray<string> => {
  if (isUtf8(output)) return output.toString("utf8").split("\0").filter(Boolean)
  const entries = output.toString("latin1").split("\0").filter(Boolean)
  return entries.flatMap((entry) => {
    const bytes = Buffer.from(entry, "latin1")
    return isUtf8(bytes) ? [bytes.toString("utf8")] : []
  })
}

/** Reads files as far as there is time. */
const looseFiles = (
  checkout: string,
  paths: Iterable<string>,
  known: ReadonlyMap<string, Known | null> | undefined
): ReadonlyMap<string, LooseFile | null> => {
  const loose = new Map<string, LooseFile | null>()
  const deadline = performance.now() + longestRead
  let left = mostBytes
  for (const path of paths) {
    const most = performance.now() > deadline ? -1 : Math.min(left, largestFile)
    const seen = see(join(checkout, path), most, known?.get(path) ?? undefined)
    left -= seen?.content?.length ?? 0
    // A folder or device in a file's place is no file; one that cannot be read is there all the same.
    loose.set(path, seen === null || seen?.kind === "other" ? null : (seen ?? unreadable))
  }
  return loose
}

const unreadable: LooseFile = { id: undefined, stamp: "unreadable", changed: 0 }

/** Content of more than `most` bytes is not read, nor that of a file which is as it was `known`. */
const see = (file: string, most: number, known?: Known): SeenFile | null | undefined => {
  try {
    const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return null
    const changed = Number(stat.ctimeMs)
    const { size, mtimeNs, ctimeNs, ino, mode } = stat
    const stamp = Date.now() - changed < tick ? "" : [size, mtimeNs, ctimeNs, ino, mode].join(" ")
    const seen = { stamp, changed }
    if (stat.isSymbolicLink())
      return { ...seen, kind: "link", id: `link:${gitOid(readlinkSync(file, { encoding: "buffer" }))}` }
    if (!stat.isFile()) return { ...seen, kind: "other", id: undefined }
    if (known?.id !== undefined && stamp !== "" && known.stamp === stamp) return { ...seen, kind: "file", id: known.id }
    if (size > most) return { ...seen, kind: "file", id: undefined }
    const content = readFileSync(file)
    return { ...seen, kind: "file", id: gitOid(content), content }
  } catch {
    // Unreadable for whatever reason, or gone between two calls: nothing is known of it.
    return undefined
  }
}
