/**
 * Agents inside of containers that are about to run a command that can lose work: their hook leaves what it was told beside what it
 * delivered, and waits until that is gone from there. It does so only while somebody is there to take a checkpoint, which it knows by a
 * file that is written anew each minute; the file says how long it is to wait.
 *
 * Programs inside may write to that folder as well. So nothing in it is followed, and nothing but these two kinds of files is touched.
 */
import {
  closeSync,
  constants,
  fstatSync,
  type FSWatcher,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import type { JsonObject } from "../../ports/Agent.ts"

/** A workspace whose agents inside are to be protected. */
export interface Guarded {
  readonly id: WorkspaceId
  /** Where what they deliver is waiting. */
  readonly delivered: string
  /** Milliseconds that they wait at the most. */
  readonly patience: number
}

export interface Asks {
  /** Those that there are now. */
  readonly guard: (all: ReadonlyArray<Guarded>) => void
  readonly close: () => void
}

/** `.ask.` and the name of the delivery, which begins with its agent's; see `nexus-hook`. */
const asked = /^\.ask\.([\w-]+)\./

/** Milliseconds: the hook takes a file of three minutes ago for one that nobody writes any more. */
const heartbeat = 60_000

/** The hook looks so many times a second. */
const looks = 20

/** Bytes of a command, and what is told with it, that can be looked at. */
const largest = 4 * 1024 * 1024

/** `protect` does what is to be done before the agent goes on. */
export const asksOf = (protect: (one: Guarded, agent: string, payload: JsonObject) => Promise<void>): Asks => {
  const open = new Map<string, { readonly watcher: FSWatcher; readonly one: Guarded }>()
  const markOf = ({ delivered }: Guarded): string => join(delivered, ".guard")
  /** Whether it could be done. */
  const marks = (one: Guarded): boolean =>
    ifPossible(() => {
      rmSync(markOf(one), { force: true })
      writeFileSync(markOf(one), `${Math.ceil((one.patience / 1000) * looks)}\n`, { mode: 0o644, flag: "wx" })
      return true
    }) ?? false
  const end = (key: string): void => {
    const known = open.get(key)
    if (known === undefined) return
    open.delete(key)
    known.watcher.close()
    ifPossible(() => rmSync(markOf(known.one), { force: true }))
  }
  const beats = setInterval(() => {
    for (const [key, { one }] of open) if (!marks(one)) end(key)
  }, heartbeat)
  beats.unref()
  return {
    guard: (all) => {
      const wanted = new Map(all.map((one) => [`${one.id} ${one.patience}`, one]))
      for (const key of open.keys()) if (!wanted.has(key)) end(key)
      for (const [key, one] of wanted) {
        if (open.has(key)) continue
        const watcher = ifPossible(() => watch(one.delivered))
        if (watcher === undefined) continue
        const answer = answering(one, protect)
        watcher.on("change", answer)
        watcher.on("error", () => end(key))
        open.set(key, { watcher, one })
        if (marks(one)) answer()
        else end(key)
      }
    },
    close: () => {
      clearInterval(beats)
      for (const key of open.keys()) end(key)
    }
  }
}

/** One at a time; what comes meanwhile is seen afterwards. */
const answering = (one: Guarded, protect: Parameters<typeof asksOf>[0]): (() => void) => {
  let isAtWork = false
  let isAsked = false
  const work = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false
      for (const name of ifPossible(() => readdirSync(one.delivered)) ?? []) {
        const agent = asked.exec(name)?.[1]
        if (agent === undefined) continue
        const file = join(one.delivered, name)
        const payload = ifPossible(() => waiting(file, one.patience))
        if (payload !== undefined) await protect(one, agent, payload).catch(() => undefined)
        ifPossible(() => rmSync(file, { force: true }))
      }
    }
  }
  return () => {
    isAsked = true
    if (isAtWork) return
    isAtWork = true
    void work().finally(() => (isAtWork = false))
  }
}

/** What was told; undefined when nobody waits any more, or it is nothing of the kind. */
const waiting = (path: string, patience: number): JsonObject | undefined => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile() || stat.size > largest || Date.now() - stat.mtimeMs > patience) return undefined
    const payload: unknown = JSON.parse(readFileSync(file, "utf8"))
    return typeof payload === "object" && payload !== null && !Array.isArray(payload)
      ? (payload as JsonObject)
      : undefined
  } finally {
    closeSync(file)
  }
}

/** Undefined when it can't be done: the workspace was deleted, or a program inside put something else there. Nobody waits for longer than it was told. */
const ifPossible = <A>(act: () => A): A | undefined => {
  try {
    return act()
  } catch {
    return undefined
  }
}
