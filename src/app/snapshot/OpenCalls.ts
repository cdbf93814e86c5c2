/**
 * The calls that are under way and may change files, each with what its checkout was like: a few files in a folder of
 * NEXUS_HOME, for its owner only, gone when the call ended. Contents in them are without secrets.
 */
import { hash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { deserialize, serialize } from "node:v8"
import type { SessionId } from "../../domain/Ids.ts"
import type { Snapshot } from "./Snapshot.ts"

/** A call of which no end came in this time, in milliseconds, has none. */
const abandonedAfter = 24 * 60 * 60_000

export interface OpenCall {
  readonly session: SessionId
  readonly call: string
  readonly tool: string
  readonly subagent?: string
  /** The top folder of its checkout, symbolic links resolved; absent outside of one. */
  readonly checkout?: string
  readonly cwd: string
  readonly command?: string
  readonly reach: "checkout" | "files"
  /** Since when its snapshot holds: milliseconds since 1970, and a position of the log. */
  readonly since: number
  readonly position: number
  /** It goes on by itself. */
  readonly background: boolean
  /** The agent stopped since: what changes now may well be a person's work. */
  readonly idle: boolean
}

export interface OpenCalls {
  /** Notes a call, or what became of it. */
  readonly put: (call: OpenCall, snapshot?: Snapshot) => void
  readonly find: (session: SessionId, call: string) => OpenCall | undefined
  /** Undefined when it is gone, or of another version. */
  readonly snapshot: (call: OpenCall) => Snapshot | undefined
  /** Where its copy of git's index is, or is to be put. */
  readonly index: (call: OpenCall) => string
  /** Those that are under way, the first first. */
  readonly list: () => ReadonlyArray<OpenCall>
  readonly remove: (call: OpenCall) => void
}

export const openCalls = (folder: string): OpenCalls => {
  const file = ({ session, call }: Pick<OpenCall, "session" | "call">, kind: Kind): string =>
    join(folder, `${hash("sha256", `${session}\0${call}`).slice(0, 32)}.${kind}`)
  const remove = (call: Pick<OpenCall, "session" | "call">) => {
    for (const kind of kinds) rmSync(file(call, kind), { force: true })
  }
  return {
    index: (call) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      return file(call, "index")
    },
    put: (call, snapshot) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // The snapshot first: a call is noted when all of it is there.
      if (snapshot !== undefined) write(file(call, "files"), serialize(snapshot))
      write(file(call, "call"), Buffer.from(JSON.stringify(call)))
    },
    find: (session, call) => readCall(file({ session, call }, "call")),
    snapshot: (call) => {
      try {
        return deserialize(readFileSync(file(call, "files"))) as Snapshot
      } catch {
        return undefined
      }
    },
    list: () => {
      removeAbandoned(folder)
      return namesIn(folder)
        .filter((name) => name.endsWith(".call"))
        .flatMap((name) => readCall(join(folder, name)) ?? [])
        .toSorted((a, b) => a.since - b.since)
    },
    remove
  }
}

const kinds = ["call", "files", "index"] as const
type Kind = (typeof kinds)[number]

/** Another process may read it at this moment. */
const write = (path: string, content: Buffer): void => {
  const unfinished = `${path}.${process.pid}`
  writeFileSync(unfinished, content, { mode: 0o600 })
  renameSync(unfinished, path)
}

const readCall = (path: string): OpenCall | undefined => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as OpenCall
  } catch {
    // Never there, or ended meanwhile.
    return undefined
  }
}

const removeAbandoned = (folder: string): void => {
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat !== undefined && Date.now() - stat.mtimeMs > abandonedAfter) rmSync(path, { force: true })
  }
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
