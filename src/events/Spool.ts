/**
 * The spool: what hooks delivered and nobody has recorded yet. Maildir style: one file a payload, written under a temporary
 * name, flushed, then renamed into `new/`; so any number of writers can deliver at once, and none of them needs Node.
 *
 * A name is `<agent>.<boot>.<uptime>.<pid>[.<more>][.waits]`: the first 8 characters of the kernel's boot id (0 where there is
 * none) and the centiseconds since that boot. Delivery order does not depend on the wall clock, which may be set back. What ends in
 * `.waits` has a hook that waits until it is recorded.
 *
 * Of a workspace's spool, programs inside see `new/` alone, and write there under a hidden name first. They may put anything there, so
 * nothing in it is ever followed: a link is no delivery.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { bootId } from "./bootId.ts"
import { isAlive } from "./isAlive.ts"
import { deliverFile, makeFolders } from "./SpoolFile.ts"

/** A delivery that is larger is set aside: recording it would hold up the agent. */
export const largest = 64 * 1024 * 1024

/** A temporary file this old, in milliseconds, has no writer any more. */
const abandonedAfter = 60_000

export class SpoolUnavailable extends Schema.TaggedError<SpoolUnavailable>()("SpoolUnavailable", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The spool ${this.path} cannot be used (${this.detail}). Check its disk, owner and permissions.`
  }
}

export interface Delivery {
  /** The file's name, unique for ever. */
  readonly name: string
  readonly agent: string
  /** When it was delivered, milliseconds since 1970, by the wall clock of then. */
  readonly time: number
  readonly bytes: number
}

export interface Rejection {
  readonly name: string
  readonly reason: string
}

export interface Spool {
  readonly path: string
  /** Puts a payload into the spool; it is on disk afterwards. `waits`: until it is recorded, by this process. Answers its name. */
  readonly deliver: (agent: string, payload: Buffer, waits?: "waits") => Effect.Effect<string, SpoolUnavailable>
  /** What is waiting, in the order of delivery. */
  readonly list: Effect.Effect<ReadonlyArray<Delivery>, SpoolUnavailable>
  /** Undefined when another process took it meanwhile. */
  readonly read: (name: string) => Effect.Effect<Buffer | undefined, SpoolUnavailable>
  /** Drops deliveries that are recorded. */
  readonly remove: (names: ReadonlyArray<string>) => Effect.Effect<void, SpoolUnavailable>
  /** Sets a delivery aside that can't be recorded, with the reason beside it. */
  readonly reject: (name: string, reason: string) => Effect.Effect<void, SpoolUnavailable>
  readonly rejected: Effect.Effect<ReadonlyArray<Rejection>, SpoolUnavailable>
}

export const make = (path: string): Spool => {
  const file = (folder: "tmp" | "new" | "rejected", name: string) => join(path, folder, name)
  const attempt = <A>(body: () => A): Effect.Effect<A, SpoolUnavailable> =>
    Effect.try({
      try: body,
      catch: (cause) => new SpoolUnavailable({ path, detail: cause instanceof Error ? cause.message : String(cause) })
    })

  return {
    path,
    deliver: (agent, payload, waits) => attempt(() => deliverFile(path, agent, payload, waits)),
    list: attempt(() => {
      const there = namesIn(join(path, "new"))
      const waiting = there.filter((name) => !name.startsWith("."))
      const begun = [
        ...namesIn(join(path, "tmp")).map((name) => ({ name, at: file("tmp", name) })),
        ...there.filter((name) => hidden.test(name)).map((name) => ({ name: name.slice(1), at: file("new", name) }))
      ]
      const abandoned = begun.filter(({ name, at }) => {
        const stat = lstatSync(at, { throwIfNoEntry: false })
        // The wall clock may have jumped since: a writer that still runs has not abandoned anything.
        return stat !== undefined && Date.now() - stat.mtimeMs > abandonedAfter && !isBeingDelivered(name)
      })
      // A writer that was killed or ran out of space leaves what it had: whole or not, it is judged like any other.
      for (const { name, at } of abandoned) renameIfThere(at, file("new", name))
      return inOrder(
        [...waiting, ...abandoned.map(({ name }) => name)].flatMap((name) => {
          const stat = lstatSync(file("new", name), { bigint: true, throwIfNoEntry: false })
          return stat?.isFile() === true ? [{ name, mtime: stat.mtimeNs, bytes: Number(stat.size) }] : []
        })
      )
    }),
    read: (name) =>
      attempt(() => {
        try {
          return readOwn(file("new", name))
        } catch (cause) {
          if (isMissing(cause)) return undefined
          throw cause
        }
      }),
    remove: (names) => attempt(() => names.forEach((name) => rmSync(file("new", name), { force: true }))),
    reject: (name, reason) =>
      attempt(() => {
        makeFolders(path)
        writeFileSync(file("rejected", `${name}.reason`), `${reason}\n`, { mode: 0o600 })
        renameIfThere(file("new", name), file("rejected", name))
      }),
    rejected: attempt(() =>
      namesIn(join(path, "rejected"))
        .filter((name) => !name.endsWith(".reason"))
        .sort()
        .map((name) => ({ name, reason: reasonOf(file("rejected", `${name}.reason`)) }))
    )
  }
}

/** A delivery that is being written where there is no other folder for it. */
const hidden = /^\.[\w-]+\.[0-9a-f]+\.\d+\.\d+/

/** Undefined for what is no file any more: a link that somebody put there leads to what is none of theirs. */
const readOwn = (path: string): Buffer | undefined => {
  const noLink = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  let file: number
  try {
    file = openSync(path, noLink)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ELOOP") return undefined
    throw cause
  }
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : undefined
  } finally {
    closeSync(file)
  }
}

/** By boots, in the order of their first delivery; within a boot by its own clock; then by time of writing and process. */
export const inOrder = (
  files: ReadonlyArray<{ readonly name: string; readonly mtime: bigint; readonly bytes: number }>
): ReadonlyArray<Delivery> => {
  const parsed = files.map((file) => {
    const [agent = "", boot = "0", up = "0", pid = "0", more = "0"] = file.name.split(".")
    return { ...file, agent, boot, up: numberOf(up), pid: numberOf(pid), more: numberOf(more) }
  })
  const boots = new Map<string, bigint>()
  for (const { boot, mtime } of parsed) {
    const first = boots.get(boot)
    if (first === undefined || mtime < first) boots.set(boot, mtime)
  }
  return parsed
    .sort(
      (a, b) =>
        compare(boots.get(a.boot) ?? 0n, boots.get(b.boot) ?? 0n) ||
        compare(a.boot, b.boot) ||
        a.up - b.up ||
        compare(a.mtime, b.mtime) ||
        a.pid - b.pid ||
        a.more - b.more
    )
    .map(({ name, agent, mtime, bytes }) => ({ name, agent, time: Number(mtime / 1_000_000n), bytes }))
}

/** Whether a hook waits until this delivery is recorded: it said so, and still runs. */
export const hasWaitingHook = (name: string): boolean => name.endsWith(".waits") && isBeingDelivered(name)

/** Whether the process that a delivery is named after still runs; ids of an earlier boot mean nothing. */
const isBeingDelivered = (name: string): boolean => {
  const [, boot, , pid = ""] = name.split(".")
  return boot === bootId() && isAlive(numberOf(pid))
}

const compare = <A extends bigint | string>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0)

const numberOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) : 0)

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch (cause) {
    if (isMissing(cause)) return []
    throw cause
  }
}

/** Another process may have been faster. */
const renameIfThere = (from: string, to: string): void => {
  try {
    renameSync(from, to)
  } catch (cause) {
    if (!isMissing(cause)) throw cause
  }
}

const reasonOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return "no reason was noted"
  }
}

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"
