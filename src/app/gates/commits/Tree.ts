/** What is not committed, by name. */
import { hash } from "node:crypto"
import { lstatSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import picomatch from "picomatch"
import type { Finding } from "../../../domain/boulder/Checks.ts"
import { type Uncommitted, Work } from "../../ports/Work.ts"

const words: Readonly<Record<Uncommitted["state"], readonly [rule: string, message: string]>> = {
  untracked: ["stray-file", "is not committed, and git does not ignore it"],
  modified: ["uncommitted", "is modified and not committed"],
  deleted: ["uncommitted", "is deleted and not committed"],
  added: ["uncommitted", "is new and not committed"],
  renamed: ["uncommitted", "is renamed and not committed"],
  unmerged: ["unmerged", "has a conflict that is not resolved"]
}

/** What is nobody's fault. */
export interface Excused {
  /** Files (globs) that are not asked about. */
  readonly files: ReadonlyArray<string>
  /** Files (globs) that may be there without being known to git: Nexus' own. */
  readonly untracked: ReadonlyArray<string>
  /** What was uncommitted when the work began, as `uncommittedStates` tells it. */
  readonly before: ReadonlyArray<string>
}

export const uncommittedFindings = (checkout: string, excused: Excused) =>
  Effect.gen(function* () {
    const work = yield* Work
    const isAllowed = matching(excused.files)
    const isOurs = matching(excused.untracked)
    const before = new Set(excused.before)
    const files = (yield* work.uncommitted(checkout)).flatMap((file): ReadonlyArray<Finding> => {
      const { path, state } = file
      if (isAllowed(path) || (state === "untracked" && isOurs(path))) return []
      if (before.size > 0 && before.has(stateOf(checkout, file))) return []
      const [rule, message] = words[state]
      return [{ rule, message, path }]
    })
    const operation = work.unfinished(checkout)
    const begun: ReadonlyArray<Finding> =
      operation === undefined
        ? []
        : [{ rule: "unfinished", message: `a ${operation} was begun and not ended: git ${operation} --continue` }]
    return [...files, ...begun]
  })

/** What is uncommitted, a text each that is another when the file's content or state is. */
export const uncommittedStates = (checkout: string) =>
  Effect.map(
    Effect.flatMap(Work, (work) => work.uncommitted(checkout)),
    (files) => files.map((file) => stateOf(checkout, file))
  )

const matching = (globs: ReadonlyArray<string>): ((path: string) => boolean) =>
  globs.length === 0 ? () => false : picomatch([...globs], { dot: true })

/** Larger files are known by when they were written. */
const mostRead = 4 * 1024 * 1024

const stateOf = (checkout: string, { path, state }: Uncommitted): string => {
  const file = join(checkout, path)
  try {
    const stat = lstatSync(file)
    const isRead = stat.isFile() && stat.size <= mostRead
    const content = isRead ? hash("sha256", readFileSync(file)) : `${stat.size} ${stat.mtimeMs}`
    return `${state} ${content} ${path}`
  } catch {
    return `${state} gone ${path}`
  }
}
