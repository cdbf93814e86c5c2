/** What a call did to the files of its checkout, from what they were before it and what they are now. */
import { hash } from "node:crypto"
import { dirname, join, relative } from "node:path"
import * as Effect from "effect/Effect"
import type { ContentRef } from "../../domain/Content.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { LogFailure } from "../../events/LogErrors.ts"
import type { CleanContent } from "../ContentStore.ts"
import { Nexus } from "../Nexus.ts"
import type { Edit, Observed } from "../ports/Agent.ts"
import { History } from "../ports/History.ts"
import { type ContentId, type Look, type LookFailed, WorkingTree } from "../ports/WorkingTree.ts"
import { type Circumstances, type Credit, creditFor } from "./Credit.ts"
import { type OpenCall, openCalls } from "./OpenCalls.ts"
import { anything, commandWrites, type CommandWrites, mentions } from "./ShellCommand.ts"
import { type Change, changesSince, type Indexed, type Origin, originsOf, type Snapshot } from "./Snapshot.ts"

/** More files than these are not told one by one. */
const mostChanges = 1000

/** Longer contents of git's are not asked for, in bytes. */
const largest = 3 * 1024 * 1024

/** Undefined: not known, or no text (a link). Null: no such file. */
export type Content = Buffer | CleanContent | ContentRef | null | undefined

/** An edit whose contents may be such as were put aside, or are in the log. */
export interface SeenEdit extends Omit<Edit, "before" | "after"> {
  readonly before: Content
  readonly after: Buffer | null | undefined
}

export interface Comparison {
  readonly edits: ReadonlyArray<SeenEdit>
  /** Files that a person wrote meanwhile. */
  readonly persons: ReadonlyArray<Observed>
  /** Whose each other changed file is, by path relative to the checkout; and those that a move took away. */
  readonly others: ReadonlyMap<string, Credit | "moved">
  /** All of it is told. */
  readonly complete: boolean
}

export const commandOf = ({ command, cwd }: Pick<OpenCall, "command" | "cwd">): CommandWrites =>
  command === undefined ? anything : commandWrites(command, cwd)

export interface Compared {
  readonly call: OpenCall & { readonly checkout: string }
  readonly snapshot: Snapshot
  readonly look: Look
  /** Other calls that are under way. */
  readonly others: ReadonlyArray<OpenCall>
  /** Files (absolute) whose changes are accounted for by the same delivery. */
  readonly taken: ReadonlySet<string>
  /** When it ended, milliseconds since 1970, if that was before the look. */
  readonly until?: number
}

export const compare = (
  given: Compared
): Effect.Effect<Comparison, LogFailure | LookFailed, EventLog | History | Nexus | WorkingTree> =>
  Effect.gen(function* () {
    const { call, snapshot, look, until } = given
    const { checkout } = call
    const tree = yield* WorkingTree
    const command = commandOf(call)
    const indexed = yield* indexedOf(given, command)
    const all = changesSince(snapshot, look, indexed)
    const changes = all.slice(0, mostChanges)
    const moved = command.history || (yield* gitMoved(checkout, snapshot.moves))
    const origins = originsOf(
      changes,
      (path) => (snapshot.loose.has(path) ? snapshot.loose.get(path) !== null : indexed.before.has(path)),
      (path) => originOf(command, checkout, path)
    )
    const known = yield* blobsOf(
      checkout,
      changes.flatMap(({ path, before, after }) => {
        const from = origins.get(path)?.path
        return [before?.id, from === undefined ? undefined : indexed.before.get(from), moved ? after?.id : undefined]
      })
    )
    const before = (path: string): Content => contentBefore(path, snapshot, indexed, known)
    const after = (path: string): Buffer | null | undefined => {
      const content = look.loose.get(path)?.content
      if (content !== undefined) return content
      const seen = tree.see(join(checkout, path))
      return seen === null ? null : seen?.content
    }
    const rivals = yield* rivalsOf(given)
    const sources = new Set([...origins.values()].flatMap(({ path, stays }) => (stays ? [] : [path])))
    const meant = foldersMeant(command, checkout, call.cwd, changes, (file) => tree.see(file)?.content)
    const edits: Array<SeenEdit> = []
    const persons: Array<Observed> = []
    const others = new Map<string, Credit | "moved">()
    for (const change of changes) {
      const { path } = change
      const file = join(checkout, path)
      if (sources.has(path) && change.after === undefined) {
        others.set(path, "moved")
        continue
      }
      if (given.taken.has(file) || (moved && !command.names(file) && isGits(change, look, indexed, known))) {
        others.set(path, "another")
        continue
      }
      const is = after(path)
      const from = origins.get(path)?.path
      const was = before(from ?? path)
      if (from === undefined && isSame(was, is)) {
        others.set(path, "another")
        continue
      }
      const late = until !== undefined && (look.loose.get(path)?.changed ?? 0) > until
      const credit = late
        ? "contested"
        : creditFor(file, {
            command,
            doubtful: meant.size > 0 && !foldersOf(path).some((folder) => meant.has(folder)),
            idle: call.idle,
            after: change.after === undefined ? null : change.after.id,
            others: rivals.calls,
            edits: rivals.edits.get(path) ?? [],
            seen: rivals.seen.get(path) ?? []
          })
      if (credit === "person" && is !== undefined && until === undefined)
        persons.push({ path: file, content: is, by: "snapshot" })
      if (credit === "another" || credit === "person") {
        others.set(path, credit)
        continue
      }
      const theirs = rivals.edits.get(path)?.at(-1)?.content
      edits.push({
        ...baseOf(call),
        path: file,
        operation: change.after === undefined ? "deleted" : change.before === undefined ? "created" : "modified",
        // What another call made of the file meanwhile is not this one's work.
        before: theirs === undefined ? was : theirs,
        after: late ? undefined : is,
        evidence: "snapshot",
        claim: credit,
        ...(from === undefined ? {} : { from: join(checkout, from) }),
        ...(command.formatter === undefined ? {} : { formatter: command.formatter }),
        ...(snapshot.head === undefined ? {} : { head: snapshot.head })
      })
    }
    return { edits, persons, others, complete: all.length <= mostChanges }
  })

/** Where a file comes from by the command's words, relative to the checkout. */
const originOf = (command: CommandWrites, checkout: string, path: string): Origin | undefined => {
  const origin = command.origin(join(checkout, path))
  return origin === undefined
    ? undefined
    : { path: relative(checkout, origin.from).replaceAll("\\", "/"), stays: origin.keeps }
}

/** What the index had and has of the files that may have changed: while it is the same, few need to be asked for. */
const indexedOf = ({ call, snapshot, look }: Compared, command: CommandWrites) =>
  Effect.gen(function* () {
    const tree = yield* WorkingTree
    const { checkout } = call
    if (snapshot.index !== look.index) {
      const copy = openCalls((yield* Nexus).home.calls).index(call)
      const both = [tree.indexed(checkout, { copy }), tree.indexed(checkout, {})] as const
      const [before, after] = yield* Effect.all(both, { concurrency: 2 })
      return { before, after }
    }
    const both = [...snapshot.loose.keys(), ...look.loose.keys()]
    const asked = both.filter((path) => snapshot.loose.has(path) !== look.loose.has(path))
    const origins = asked.flatMap((path) => originOf(command, checkout, path)?.path ?? [])
    const paths = [...new Set([...asked, ...origins.filter((path) => !path.startsWith(".."))])]
    const same = paths.length === 0 ? new Map<string, string>() : yield* tree.indexed(checkout, { paths })
    return { before: same, after: same }
  })

const baseOf = ({ tool, call, subagent }: OpenCall): Pick<Edit, "tool" | "call" | "subagent"> => ({
  tool,
  call,
  ...(subagent === undefined ? {} : { subagent })
})

/** Whether git moved HEAD to something that was not just committed. */
const gitMoved = (checkout: string, since: number) =>
  Effect.flatMap(History, ({ reflog }) =>
    Effect.map(reflog(checkout), (moves) => moves.slice(since).some(({ verb }) => !verb.startsWith("commit")))
  )

/** Those of these contents that git has. */
const blobsOf = (checkout: string, ids: ReadonlyArray<ContentId | undefined>) =>
  Effect.gen(function* () {
    const oids = [...new Set(ids.filter((id) => id !== undefined && !id.startsWith("link:")))] as ReadonlyArray<string>
    if (oids.length === 0) return new Map<string, Buffer>()
    // What git cannot tell stays unknown.
    return yield* (yield* History)
      .blobs(checkout, oids, largest)
      .pipe(Effect.catchAll(() => Effect.succeed(new Map<string, Buffer>())))
  })

const contentBefore = (
  path: string,
  snapshot: Snapshot,
  indexed: Indexed,
  known: ReadonlyMap<string, Buffer>
): Content => {
  const loose = snapshot.loose.get(path)
  const id = loose === undefined ? indexed.before.get(path) : loose?.id
  if (loose === null || (loose === undefined && id === undefined)) return null
  return loose?.content ?? (id === undefined ? undefined : known.get(id))
}

/** git put it there, or took it away: it is as the index has it now, or git had that content. */
const isGits = (
  { path, before, after }: Change,
  look: Look,
  indexed: Indexed,
  known: ReadonlyMap<string, Buffer>
): boolean =>
  after === undefined
    ? before?.id !== undefined && !indexed.after.has(path) && (known.has(before.id) || before.id.startsWith("link:"))
    : !look.loose.has(path) || (after.id !== undefined && known.has(after.id))

/**
 * Whether a file is what git has of it but for a conversion: its line ends (gitattributes(5), `text`, `eol`), or a pointer in
 * place of a large content (the specification of Git LFS, version 1).
 */
const isSame = (before: Content, after: Content): boolean => {
  if (!Buffer.isBuffer(before) || !Buffer.isBuffer(after)) return false
  if (before.equals(after)) return true
  const pointer = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\n/.exec(
    before.subarray(0, 200).toString("latin1")
  )
  if (pointer !== null) return pointer[1] === hash("sha256", after)
  return (
    !before.includes("\r\n") &&
    before.length < after.length &&
    Buffer.from(after.toString("latin1").replaceAll("\r\n", "\n"), "latin1").equals(before)
  )
}

/** A longer script is not read, in bytes. */
const longestScript = 256 * 1024

/**
 * Where the changed files are that a command which may write anything speaks of, itself or in the scripts that it runs: by
 * their paths, or the folders that they are in.
 */
const foldersMeant = (
  command: CommandWrites,
  checkout: string,
  cwd: string,
  changes: ReadonlyArray<Change>,
  read: (file: string) => Buffer | undefined
): ReadonlySet<string> => {
  if (command.closed) return new Set()
  const scripts = command.operands
    .map((file) => read(file))
    .flatMap((script) => (script === undefined || script.length > longestScript ? [] : [script.toString("utf8")]))
  const isSpokenOf = (path: string): boolean => {
    const words = ancestors(relative(cwd, join(checkout, path)).replaceAll("\\", "/"))
    return scripts.some((script) => words.some((word) => mentions(script, word)))
  }
  return new Set(
    changes.flatMap(({ path }) => (command.names(join(checkout, path)) || isSpokenOf(path) ? [dirname(path)] : []))
  )
}

/** The folders that a file is in, the checkout's top among them. */
const foldersOf = (path: string): ReadonlyArray<string> => [".", ...ancestors(path).slice(0, -1)]

/** A path and the folders that it is in. */
const ancestors = (path: string): ReadonlyArray<string> =>
  path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"))

type Rivals = Pick<Circumstances, "others"> & {
  readonly edits: ReadonlyMap<
    string,
    ReadonlyArray<Circumstances["edits"][number] & { readonly content: ContentRef | null | undefined }>
  >
  readonly seen: ReadonlyMap<string, Circumstances["seen"]>
}

/** Everybody else who was at the files of the checkout since the call began. */
const rivalsOf = ({ call, others }: Compared) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const edits = new Map<string, Array<NonNullable<ReturnType<Rivals["edits"]["get"]>>[number]>>()
    const seen = new Map<string, Array<Circumstances["seen"][number]>>()
    const events = yield* log.page({ after: call.position, types: ["FileEdited", "FileObserved"] }, 10_000)
    for (const event of events) {
      if (event.payload === null) continue
      if (event.type === "FileEdited") {
        const { checkout, path, after, call: made } = event.payload
        if (checkout !== call.checkout || (made === call.call && event.correlation === call.session)) continue
        const edit = { sameSession: event.correlation === call.session, after: after?.oid ?? after, content: after }
        edits.set(path, [...(edits.get(path) ?? []), edit as never])
      } else if (event.type === "FileObserved" && event.payload.checkout === call.checkout) {
        const { path, by, content } = event.payload
        seen.set(path, [...(seen.get(path) ?? []), { by, content: content?.oid ?? null }])
      }
    }
    const calls = others
      .filter((other) => other.checkout === call.checkout && other.call !== call.call)
      .map((other) => ({
        sameSession: other.session === call.session,
        background: other.background,
        command: commandOf(other)
      }))
    return { calls, edits, seen }
  })
