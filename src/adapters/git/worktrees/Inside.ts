/** What a private git directory says of itself, read without git: whoever is inside writes it. */
import { mkdirSync } from "node:fs"
import { basename, dirname } from "node:path"
import * as Effect from "effect/Effect"
import { GitFailed } from "../../../app/ports/Repositories.ts"
import { type Inside, type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { type HostGit, refOf } from "./HostGit.ts"
import { unfinishedIn } from "./InProgress.ts"
import { Held, readWithin, TooLarge, Unsafe, within } from "./Untrusted.ts"

const oid = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const mostOfRef = 4096
const mostOfPacked = 64 << 20
const mostRefs = 50_000

/** Something in the private git directory; what is strange there is refused in words. */
export const looking = <A>(site: Site, body: (folder: string) => A): Effect.Effect<A, WorktreeFailure> =>
  Effect.try({
    try: () => body(site.gitDirectory ?? ""),
    catch: (cause) => {
      if (cause instanceof Unsafe)
        return new WorktreeRefused({
          kind: "unsafe",
          detail: `In the git directory of ${site.name}, ${cause.message}.`,
          advice: "Nothing was taken from it. Look at what runs in the workspace."
        })
      if (cause instanceof TooLarge)
        return new WorktreeRefused({
          kind: "too-large",
          detail: `In the git directory of ${site.name}, ${cause.message}.`,
          advice: "Nothing was taken from it. Commit less at once, or take it over by hand."
        })
      const isLocked = (cause as NodeJS.ErrnoException).code === "EEXIST"
      if (isLocked)
        return new WorktreeRefused({
          kind: "in-progress",
          detail: `git is at work in the workspace ${site.name}, or was ended in the middle of it.`,
          advice: "Try again; if nothing runs in it, remove the .lock file that is left in its git directory."
        })
      return new GitFailed({
        path: site.folder,
        operation: "exchange",
        detail: cause instanceof Error ? cause.message : String(cause)
      })
    }
  })

const valueOf = (text: string, what: string): string => {
  const value = text.trimEnd()
  if (!oid.test(value)) throw new Unsafe(`${what} is not a commit's id`)
  return value
}

/** Refs that are packed, and where. */
const packed = (folder: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const line of (readWithin(folder, "packed-refs", mostOfPacked) ?? "").toString().split("\n")) {
    if (line === "" || line.startsWith("#") || line.startsWith("^")) continue
    const space = line.indexOf(" ")
    found.set(line.slice(space + 1), line.slice(0, space))
  }
  return found
}

/** The commit of a ref; null: there is none. */
export const refIn = (folder: string, ref: string): string | null => {
  const loose = readWithin(folder, ref, mostOfRef)
  if (loose !== undefined) return valueOf(loose.toString(), ref)
  const found = packed(folder).get(ref)
  return found === undefined ? null : valueOf(found, ref)
}

/** The branch that HEAD is on, or null. */
export const headIn = (folder: string): string | null =>
  /^ref: refs\/heads\/(.+)$/.exec((readWithin(folder, "HEAD", mostOfRef) ?? "").toString().trimEnd())?.[1] ?? null

export const unfinishedInside = (folder: string): string | null =>
  unfinishedIn(folder, (name) => within(folder, dirname(name), (at) => at.isThere(basename(name))) === true)

/** Writes a ref if it is still what it was. */
export const writeRef = (folder: string, ref: string, commit: string, known?: string | null): boolean => {
  const names = dirname(ref).split("/")
  const open: Array<Held> = [Held.open(folder)]
  try {
    for (const name of names) {
      const last = open.at(-1)
      if (last !== undefined) open.push(last.make(name, (path) => mkdirSync(path, 0o700)))
    }
    const isAsKnown = () => known === undefined || refIn(folder, ref) === known
    return open.at(-1)?.replace(basename(ref), `${commit}\n`, isAsKnown) === true
  } finally {
    for (const one of open) one[Symbol.dispose]()
  }
}

/** All refs but those that are nobody's work. */
const refsIn = (folder: string): ReadonlyMap<string, string> => {
  const found = new Map(packed(folder))
  const visit = (at: Held, prefix: string, depth: number): void => {
    if (depth > 20) throw new Unsafe("refs are in too many folders")
    for (const name of at.names()) {
      if (found.size > mostRefs) throw new TooLarge(`there are more than ${mostRefs} refs`)
      if (name.endsWith(".lock")) continue
      const below = folderOrNot(at, name)
      if (below === undefined) {
        const value = (at.read(name, mostOfRef) ?? "").toString().trimEnd()
        if (oid.test(value)) found.set(`${prefix}${name}`, value)
        continue
      }
      try {
        visit(below, `${prefix}${name}/`, depth + 1)
      } finally {
        below[Symbol.dispose]()
      }
    }
  }
  within(folder, "refs", (at) => visit(at, "refs/", 0))
  return found
}

/** Undefined for what is not a folder. */
const folderOrNot = (at: Held, name: string): Held | undefined => {
  try {
    return at.folder(name)
  } catch (cause) {
    if (cause instanceof Unsafe) return undefined
    throw cause
  }
}

export const inspectInside = (git: HostGit): Effect.Effect<Inside, WorktreeFailure> =>
  Effect.gen(function* () {
    const { site } = git
    const said = yield* looking(site, (folder) => {
      const head = (readWithin(folder, "HEAD", mostOfRef) ?? "").toString().trimEnd()
      const refs = new Map(refsIn(folder))
      // Detached, it holds what nothing else does.
      if (oid.test(head)) refs.set("HEAD", head)
      return { commit: refIn(folder, refOf(site)), on: headIn(folder), inProgress: unfinishedInside(folder), refs }
    })
    const others = [...said.refs].filter(
      ([ref, value]) => ref !== refOf(site) && ref !== "refs/nexus/host" && value !== said.commit
    )
    const known = yield* presentOn(
      git,
      others.map(([, value]) => value)
    )
    return {
      commit: said.commit,
      on: said.on,
      inProgress: said.inProgress,
      strays: others.flatMap(([ref, value]) => (known.has(value) ? [] : [ref])).sort()
    }
  })

/** Which of these objects the host has. */
export const presentOn = (
  git: HostGit,
  oids: ReadonlyArray<string>
): Effect.Effect<ReadonlySet<string>, WorktreeFailure> =>
  oids.length === 0
    ? Effect.succeed(new Set<string>())
    : Effect.map(
        git.main.text(["cat-file", "--batch-check=%(objectname)", "--buffer"], {
          input: [...new Set(oids)]
            .filter((one) => oid.test(one))
            .map((one) => `${one}\n`)
            .join("")
        }),
        (listed) => new Set(listed.split("\n").filter((line) => oid.test(line)))
      )
