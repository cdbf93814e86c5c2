/** What `nexus trace blame` is asked about: the bytes, and where git says that their lines come from. */
import { lstatSync, readFileSync, readlinkSync } from "node:fs"
import { isAbsolute, join, relative, resolve, sep } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isBinary, isPointer, linesIn } from "../../projections/ContentLines.ts"
import { gitOid } from "../ContentStore.ts"
import { Nexus } from "../Nexus.ts"
import { type BlameOrigin, History, type TreeEntry } from "../ports/History.ts"
import type { Checkout } from "../ports/Repositories.ts"
import { lastUpTo } from "../Replay.ts"
import { eventContent } from "./EventContent.ts"

/** A file that cannot be asked about, with what to do instead. */
export class NotAFile extends Schema.TaggedError<NotAFile>()("NotAFile", {
  path: Schema.String,
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}.`
  }
}

export interface BlameRequest {
  /** As the user gave it, relative to the folder that the command was given in. */
  readonly file: string
  /** A revision, or the staged content, or what is on disk (default). */
  readonly of?: { readonly revision: string } | "index" | "worktree"
  /** As of this position of the log (inclusive), instead. */
  readonly event?: number
  /** As of the last event up to this time, milliseconds since 1970, instead. */
  readonly time?: number
  /** First and last line, 1-based, inclusive. */
  readonly lines?: readonly [from: number, to: number]
}

export interface Content {
  readonly request: BlameRequest
  readonly path: string
  readonly bytes: Buffer
  /** "worktree", "index", `event:N`, or a commit id. */
  readonly revision: string
  /** The commit below it; null when there is none. */
  readonly head: string | null
  /** What the commit below has of the file. */
  readonly committed: string | null
  /** The path there. */
  readonly pathBelow: string
  readonly until: number | undefined
  /** Where git says that each of its lines comes from. */
  readonly origins: ReadonlyArray<BlameOrigin>
}

type Bytes = Omit<Content, "origins">

const refusing =
  ({ file }: BlameRequest) =>
  (reason: string, hint = "") =>
    new NotAFile({ path: file, reason, hint })

/** Whether a request is of what was recorded, and not of what git or the disk has. */
const isOfLog = ({ event, time }: BlameRequest): boolean => event !== undefined || time !== undefined

/** What HEAD's commit has at the paths that are asked about. */
interface HeadEntries {
  readonly commit: string | null
  readonly entries: ReadonlyMap<string, TreeEntry>
}

/** The contents that git or the disk has, undefined for those of the log; and what differs from HEAD, where that matters. */
export const contentsOf = (checkout: Checkout, requests: ReadonlyArray<BlameRequest>) =>
  Effect.gen(function* () {
    const history = yield* History
    const { commit } = yield* history.head(checkout.path)
    const present = requests.filter((request) => !isOfLog(request))
    const paths = yield* Effect.forEach(present, ({ file }) => pathIn(checkout, file))
    const isNeeded = commit !== null && present.some(({ of }) => typeof of !== "object")
    const entries = isNeeded ? yield* history.entries(checkout.path, commit, paths) : new Map<string, TreeEntry>()
    const read = (request: BlameRequest) =>
      isOfLog(request) ? Effect.succeed(undefined) : contentOf(checkout, request, { commit, entries })
    return yield* Effect.all(
      {
        pending: isNeeded ? pendingChanges(checkout) : Effect.succeed([]),
        contents: Effect.forEach(requests, read, { concurrency: 2 })
      },
      { concurrency: 2 }
    )
  })

const contentOf = (checkout: Checkout, request: BlameRequest, at: HeadEntries) =>
  Effect.gen(function* () {
    const content = yield* bytesOf(checkout, request, at)
    return { ...content, origins: yield* originsOf(checkout, content) } satisfies Content
  })

/** The content that a request of the log is about. */
export const recordedContent = (
  checkout: Checkout,
  project: Parameters<typeof eventContent>[0],
  request: BlameRequest
) =>
  Effect.gen(function* () {
    const refuse = refusing(request)
    const path = yield* pathIn(checkout, request.file)
    const event = request.event ?? (yield* lastUpTo(request.time ?? 0))
    const known = yield* eventContent(project, checkout.path, path, event)
    if (known === undefined)
      return yield* refuse(
        `was not recorded by ${event === 0 ? "then" : `event ${event}`}`,
        "Ask about a revision instead: --rev REVISION"
      )
    const bytes = yield* textual(known.bytes, refuse)
    const content: Bytes = {
      request,
      path,
      bytes,
      revision: `event:${event}`,
      head: known.commit,
      committed: known.commit === null ? null : gitOid(bytes),
      pathBelow: path,
      until: event
    }
    return { ...content, origins: yield* originsOf(checkout, content) } satisfies Content
  })

/** The bytes that are asked about, and where they stand in history. */
const bytesOf = (checkout: Checkout, request: BlameRequest, at: HeadEntries) =>
  Effect.gen(function* () {
    const history = yield* History
    const path = yield* pathIn(checkout, request.file)
    const refuse = refusing(request)
    const blob = (oid: string) =>
      Effect.flatMap(history.blobs(checkout.path, [oid]), (found) => {
        const bytes = found.get(oid)
        return bytes === undefined
          ? refuse("is not in the object database any more", "Fetch it, or ask about what is on disk.")
          : Effect.succeed(bytes)
      })
    const { of = "worktree" } = request
    if (typeof of === "object") {
      const head = yield* history.commitOf(checkout.path, of.revision)
      const entry = yield* history.entry(checkout.path, head, path)
      if (entry === undefined) return yield* refuse(`is not in ${of.revision}`, `See: git log --all -- ${request.file}`)
      if (entry.kind !== "file") return yield* refuse(kinds[entry.kind])
      const bytes = yield* textual(yield* blob(entry.oid), refuse)
      return { request, path, bytes, revision: head, head, committed: entry.oid, pathBelow: path, until: undefined }
    }
    const { commit } = at
    const here = at.entries.get(path)
    // A file that HEAD does not have may be there under another name.
    const from = here === undefined && commit !== null ? yield* renamedFrom(checkout.path, path) : undefined
    const below = from === undefined || commit === null ? here : yield* history.entry(checkout.path, commit, from)
    const committed = below?.kind === "file" ? below.oid : null
    const pathBelow = from ?? path
    if (of === "index") {
      const entry = yield* history.entry(checkout.path, "index", path)
      if (entry === undefined) return yield* refuse("is not in the index", "Stage it first: git add")
      if (entry.kind !== "file") return yield* refuse(kinds[entry.kind])
      const bytes = yield* textual(yield* blob(entry.oid), refuse)
      return { request, path, bytes, revision: "index", head: commit, committed, pathBelow, until: undefined }
    }
    const bytes = yield* textual(
      yield* onDisk(join(checkout.top, path), refuse, committed === null ? "" : "Ask about a revision: --rev HEAD"),
      refuse
    )
    return { request, path, bytes, revision: "worktree", head: commit, committed, pathBelow, until: undefined }
  }) satisfies Effect.Effect<Bytes, unknown, unknown>

const renamedFrom = (checkout: string, path: string) =>
  Effect.map(
    Effect.flatMap(History, (history) => history.uncommitted(checkout)),
    (changes) => changes.find((change) => change.path === path)?.from ?? undefined
  )

const kinds = {
  symlink: "is a symbolic link: it has no lines of its own",
  submodule: "is a submodule: ask in its own checkout"
} as const

/** Relative to the top of the checkout, with "/". */
const pathIn = (checkout: Checkout, file: string) =>
  Effect.gen(function* () {
    const { cwd } = yield* Nexus
    const absolute = resolve(cwd, file)
    for (const top of [checkout.top, checkout.path]) {
      const inside = relative(top, absolute)
      if (inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
        return inside.split(sep).join("/")
    }
    return yield* new NotAFile({ path: file, reason: "is not a file in this checkout", hint: `It is ${checkout.top}.` })
  })

const onDisk = (path: string, refuse: (reason: string, hint?: string) => NotAFile, hint: string) =>
  Effect.suspend(() => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return refuse("does not exist", hint)
    if (stat.isSymbolicLink()) return refuse(`is a symbolic link to ${readlinkSync(path)}`, "Ask about that.")
    if (stat.isDirectory()) return refuse("is a folder", "Name a file.")
    if (!stat.isFile()) return refuse("is no regular file")
    return Effect.try({ try: () => readFileSync(path), catch: () => refuse("cannot be read") })
  })

/** Lines are what text has. */
const textual = (bytes: Buffer, refuse: (reason: string, hint?: string) => NotAFile) => {
  if (isPointer(bytes)) return refuse("is a pointer to Git LFS: its content is elsewhere, and has no lines here")
  return isBinary(bytes) ? refuse("is binary: it has no lines") : Effect.succeed(bytes)
}

/** Where git says that each line came from. */
const originsOf = (checkout: Checkout, { path, pathBelow, bytes, revision, head, committed }: Bytes) =>
  Effect.gen(function* () {
    const history = yield* History
    const isCommitted = committed !== null && gitOid(bytes) === committed
    if (head === null || committed === null) return uncommitted(path, bytes)
    const origins =
      isCommitted || revision === head
        ? yield* history.blame(checkout.path, pathBelow, head)
        : yield* history.blame(checkout.path, pathBelow, head, bytes)
    return origins ?? uncommitted(path, bytes)
  })

const uncommitted = (path: string, bytes: Buffer): ReadonlyArray<BlameOrigin> =>
  (linesIn(bytes) ?? []).map((_, index) => ({ commit: null, path, line: index + 1, author: null, boundary: false }))

/** Files that differ from HEAD, with what is on disk. */
const pendingChanges = (checkout: Checkout) =>
  Effect.gen(function* () {
    const changes = yield* (yield* History).uncommitted(checkout.path)
    return changes
      .slice(0, mostPending)
      .map((change) => ({ ...change, after: readOrNull(join(checkout.top, change.path)) }))
  })

/** A checkout with more changed files is not searched for what was moved between them. */
const mostPending = 500

const readOrNull = (path: string): Buffer | null => {
  try {
    return lstatSync(path).isFile() ? readFileSync(path) : null
  } catch {
    return null
  }
}
