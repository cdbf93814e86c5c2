/** The questions of `nexus trace`, answered: the use cases that commands and exports stand on. */
import { lstatSync, readFileSync, readlinkSync } from "node:fs"
import { isAbsolute, join, relative, resolve, sep } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Attribution, BlamedFile, BlamedLine } from "../../domain/attribution/Attribution.ts"
import { insertions, slid } from "../../domain/attribution/Insertions.ts"
import { unknown } from "../../domain/attribution/Owners.ts"
import { linesOf } from "../../domain/attribution/Text.ts"
import { transition } from "../../domain/attribution/Transition.ts"
import { isBinary, isPointer, linesIn } from "../../projections/ContentLines.ts"
import { EventLog } from "../../events/EventLog.ts"
import { gitOid } from "../ContentStore.ts"
import { Nexus } from "../Nexus.ts"
import { type BlameOrigin, History } from "../ports/History.ts"
import type { Checkout } from "../ports/Repositories.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { lastUpTo } from "../Replay.ts"
import { remember } from "./AnswerCache.ts"
import { eventContent } from "./EventContent.ts"
import { gather, type Past } from "./Past.ts"
import { scanned } from "./Scanned.ts"

export { attributedCommits, commitsOf } from "./Commits.ts"

/** A file that cannot be asked about, with what to do instead. */
export class NotAFile extends Schema.TaggedError<NotAFile>()("NotAFile", {
  path: Schema.String,
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}`
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

/** Who wrote each line of files in the checkout that the command was given in. */
export const blame = (requests: ReadonlyArray<BlameRequest>) =>
  Effect.gen(function* () {
    const checkout = yield* checkoutHere
    const { project } = yield* scanned(checkout)
    const nexus = yield* Nexus
    // What the answers rest on, as it is now: what changes meanwhile makes them be derived again.
    const repository = yield* (yield* History).fingerprint(checkout.path)
    const { hash: log } = yield* (yield* EventLog).head
    const contents = yield* Effect.forEach(requests, (request) => contentOf(checkout, project, request))
    const answers: Array<BlamedFile> = []
    for (const mine of grouped(contents)) {
      const [{ head, until } = { head: null, until: undefined }] = mine.map(([, content]) => content)
      const origins = yield* Effect.forEach(mine, ([, content]) => originsOf(checkout, content), { concurrency: 2 })
      const paths = [...mine.map(([, { path }]) => path), ...origins.flatMap((lines) => lines.map(({ path }) => path))]
      const past = yield* gather({
        project,
        checkout: checkout.path,
        head,
        paths: [...new Set(paths)],
        origins: origins.flat(),
        pending: head === null || mine.every(([, one]) => one.revision === head) ? [] : yield* pendingChanges(checkout),
        contents: mine.flatMap(([, { committed }]) => committed ?? []),
        ...(until === undefined ? {} : { until })
      })
      const now = yield* Clock.currentTimeMillis
      for (const [index, [place, content]] of mine.entries()) {
        const answered = answer(content, origins[index] ?? [], past, checkout.path, now)
        answers[place] = answered
        if (content.revision === "worktree" && content.request.lines === undefined)
          remember(
            nexus.home.path,
            { version: nexus.version, checkout: checkout.path, ...content, head: log, repository },
            answered
          )
      }
    }
    return answers
  })

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

/** What can be answered together, with its place among the answers: the same history, up to the same position. */
const grouped = (contents: ReadonlyArray<Content>): ReadonlyArray<ReadonlyArray<readonly [place: number, Content]>> => {
  const groups = new Map<string, Array<readonly [number, Content]>>()
  for (const [place, content] of contents.entries()) {
    const key = `${content.head} ${content.until}`
    groups.set(key, [...(groups.get(key) ?? []), [place, content]])
  }
  return [...groups.values()]
}

interface Content {
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
}

/** The bytes that are asked about, and where they stand in history. */
const contentOf = (checkout: Checkout, project: Parameters<typeof eventContent>[0], request: BlameRequest) =>
  Effect.gen(function* () {
    const history = yield* History
    const path = yield* pathIn(checkout, request.file)
    const { commit } = yield* history.head(checkout.path)
    const refuse = (reason: string, hint = "") => new NotAFile({ path: request.file, reason, hint })
    const committedAt = (head: string | null) =>
      head === null ? Effect.succeed(undefined) : history.entry(checkout.path, head, path)
    const blob = (oid: string) =>
      Effect.flatMap(history.blobs(checkout.path, [oid]), (found) => {
        const bytes = found.get(oid)
        return bytes === undefined
          ? refuse("is not in the object database any more", "Fetch it, or ask about what is on disk.")
          : Effect.succeed(bytes)
      })
    const { of = "worktree", time } = request
    const event = request.event ?? (time === undefined ? undefined : yield* lastUpTo(time))
    if (event !== undefined) {
      const known = yield* eventContent(project, checkout.path, path, event)
      if (known === undefined)
        return yield* refuse(`was not recorded by event ${event}`, "Ask about a revision instead: --rev REVISION")
      const bytes = yield* textual(known, refuse)
      return {
        request,
        path,
        bytes,
        revision: `event:${event}`,
        head: null,
        committed: null,
        pathBelow: path,
        until: event
      }
    }
    if (typeof of === "object") {
      const head = yield* history.commitOf(checkout.path, of.revision)
      const entry = yield* committedAt(head)
      if (entry === undefined) return yield* refuse(`is not in ${of.revision}`, `See: git log --all -- ${request.file}`)
      if (entry.kind !== "file") return yield* refuse(kinds[entry.kind])
      const bytes = yield* textual(yield* blob(entry.oid), refuse)
      return { request, path, bytes, revision: head, head, committed: entry.oid, pathBelow: path, until: undefined }
    }
    const here = yield* committedAt(commit)
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
  }) satisfies Effect.Effect<Content, unknown, unknown>

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
const originsOf = (checkout: Checkout, { path, pathBelow, bytes, revision, head, committed }: Content) =>
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

const answer = (
  content: Content,
  origins: ReadonlyArray<BlameOrigin>,
  past: Past,
  checkout: string,
  now: number
): BlamedFile => {
  const { path, bytes, revision, head, committed, request } = content
  const texts = linesIn(bytes) ?? []
  const lineage = past.lineage(path)
  const below = committed === null ? undefined : { oid: committed, committed: past.commit(head ?? "")?.committed ?? 0 }
  const base = committed === null ? [] : (past.lines(committed) ?? [])
  let pending: ReadonlyArray<Attribution> | undefined
  const pendingOwner = (line: number): Attribution => {
    pending ??= lineage.ofUncommitted(path, { oid: gitOid(bytes), lines: texts }, checkout, below, now)
    return pending[slid(insertions(transition(base, texts, 1)), texts, line)] ?? unknown("content-lost")
  }
  const [from, to] = request.lines ?? [1, texts.length]
  // Told apart byte by byte, shown as text.
  const shown = linesOf(bytes.toString("utf8"))
  const lines: Array<BlamedLine> = []
  for (let line = from; line <= Math.min(to, texts.length); line++) {
    const origin = origins[line - 1]
    const owner =
      origin?.commit == null
        ? pendingOwner(line - 1)
        : past.lineage(origin.path).lineOf(origin.commit, origin.path, origin.line)
    lines.push({
      line,
      text: shown[line - 1] ?? "",
      commit: origin?.commit ?? null,
      author: origin?.author ?? null,
      ...owner
    })
  }
  return { file: path, revision, lines }
}
