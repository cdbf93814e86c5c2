/** The gate `commits`: the commits since the base are fit to be kept, and nothing is left uncommitted. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import picomatch from "picomatch"
import { type Check, defaultMaxFileSize, type Finding } from "../../../domain/boulder/Checks.ts"
import { History } from "../../ports/History.ts"
import { Work, type WorkCommit } from "../../ports/Work.ts"
import type { Report } from "../Report.ts"
import { isConventional, judgeMessage, rulesOf } from "./Headers.ts"
import { type Excused, uncommittedFindings } from "./Tree.ts"

/** Of a longer history since the base, the newest commits are judged. */
const mostCommits = 500

type CommitsCheck = Extract<Check, { readonly check: "commits" }>

/** `base`: null where nobody can tell what the work began at. */
export const judgeCommits = (
  checkout: string,
  { options, convention }: CommitsCheck,
  base: string | null,
  excused: Pick<Excused, "untracked" | "before">
) =>
  Effect.gen(function* () {
    const remarks: Array<string> = []
    const findings: Array<Finding> = []
    if (base === null) remarks.push("No commit is known that the work began at: only what is not committed was judged.")
    else {
      const work = yield* Work
      const found = yield* work.commits(checkout, base, mostCommits + 1)
      const commits = found.slice(0, mostCommits)
      if (found.length > commits.length) remarks.push(`Only the newest ${mostCommits} commits were judged.`)
      findings.push(...(yield* messageFindings(checkout, { options, convention }, base, commits, remarks)))
      findings.push(...(yield* fileFindings(checkout, options, base, commits)))
    }
    findings.push(...(yield* uncommittedFindings(checkout, { ...excused, files: options.allowDirty ?? [] })))
    return { findings, remarks } satisfies Report
  })

const messageFindings = (
  checkout: string,
  { options, convention }: Pick<CommitsCheck, "options" | "convention">,
  base: string,
  commits: ReadonlyArray<WorkCommit>,
  remarks: Array<string>
) =>
  Effect.gen(function* () {
    if (commits.length === 0) return []
    const { rules, remark } = rulesOf(convention, options)
    const isAsked = options.conventional ?? (convention !== null || (yield* isCustom(checkout, base)))
    if (!isAsked) remarks.push("Headers need not be conventional: those before the base are not.")
    else if (remark !== undefined) remarks.push(remark)
    const found = yield* Effect.forEach(commits, (commit) =>
      Effect.promise(() => judgeMessage(commit, isAsked ? rules : undefined)).pipe(Effect.zipLeft(Effect.yieldNow()))
    )
    return found.flat()
  })

/** So many commits before the base tell what the project's custom is. */
const custom = { looked: 30, least: 10 }

/** A project whose commits were never conventional does not ask an agent for it; a young one does. */
const isCustom = (checkout: string, base: string) =>
  Effect.gen(function* () {
    const history = yield* History
    const before = yield* history
      .commits(checkout, { revisions: [base], limit: custom.looked })
      .pipe(Effect.catchTag("RevisionUnknown", () => Effect.succeed([])))
    const own = before.filter(({ parents }) => parents.length < 2)
    return own.length < custom.least || own.filter(({ subject }) => isConventional(subject)).length * 2 >= own.length
  })

const fileFindings = (
  checkout: string,
  options: CommitsCheck["options"],
  base: string,
  commits: ReadonlyArray<WorkCommit>
) =>
  Effect.gen(function* () {
    const work = yield* Work
    const headers = new Map(commits.map(({ commit, message }) => [commit, message.split("\n", 1)[0] ?? ""]))
    const written = yield* work.written(
      checkout,
      commits.filter(({ parents }) => parents.length < 2).map(({ commit }) => commit)
    )
    const limit = options.maxFileSize ?? defaultMaxFileSize
    const sizes = yield* work.sizes(
      checkout,
      written.flatMap(({ before, after }) => (before === null ? [after] : [before, after]))
    )
    const isLarge = (blob: string | null) => blob !== null && (sizes.get(blob) ?? 0) > limit
    const large = written
      .filter(({ before, after }) => isLarge(after) && !isLarge(before))
      .map(({ commit, path, after }): Finding => ({
        rule: "large-file",
        message: `${path} has ${megabytes(sizes.get(after) ?? 0)}, more than ${megabytes(limit)}`,
        commit,
        header: headers.get(commit) ?? ""
      }))
    const isNew = written.some(({ before }) => before === null)
    const added = isNew ? yield* unexpected(checkout, options, base) : new Set<string>()
    const named = new Set<string>()
    // Newest first: the commit that a file is named with is the last that added it.
    const binary = written.flatMap(({ commit, path, before }): ReadonlyArray<Finding> => {
      if (before !== null || !added.has(path) || named.has(path)) return []
      named.add(path)
      const message = `${path} is a new binary file; one that belongs here is told of in .gitattributes (${extensionOf(path) === "" ? path : `*${extensionOf(path)}`} binary)`
      return [{ rule: "binary-file", message, commit, header: headers.get(commit) ?? "" }]
    })
    return [...large, ...binary, ...(yield* markers(checkout, base, new Set(written.map(({ path }) => path))))]
  })

/** A kind of binary file that the base has already is expected. */
const unexpected = (checkout: string, { allowBinary = [] }: CommitsCheck["options"], base: string) =>
  Effect.gen(function* () {
    const binaries = yield* (yield* Work).newBinaries(checkout, base)
    if (binaries.length === 0) return new Set<string>()
    const isAllowed = allowBinary.length === 0 ? () => false : picomatch([...allowBinary], { dot: true })
    const files = yield* (yield* History).files(checkout, base)
    const kinds = new Set(files.map(extensionOf))
    return new Set(
      binaries.filter((path) => !isAllowed(path) && (extensionOf(path) === "" || !kinds.has(extensionOf(path))))
    )
  })

/** With its dot, in small letters; "" when there is none. */
const extensionOf = (path: string): string => /[^/](\.[^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""

/** Lines of "=" alone are headings in some languages: a conflict has "<" or ">" as well. */
const markers = (checkout: string, base: string, written: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const work = yield* Work
    const pending = new Set((yield* work.uncommitted(checkout)).map(({ path }) => path))
    const files = new Map<string, Array<number>>()
    for (const { path, line } of yield* work.conflictLines(checkout, base))
      if (written.has(path) || pending.has(path)) files.set(path, [...(files.get(path) ?? []), line])
    return [...files].flatMap(([path, numbers]): ReadonlyArray<Finding> => {
      const lines = textOf(join(checkout, path)).split("\n")
      if (!numbers.some((number) => /^[<>]{7}/.test(lines[number - 1] ?? ""))) return []
      return numbers.map((line) => ({ rule: "conflict-marker", message: "is left from a conflict", path, line }))
    })
  })

const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    // Gone since git looked.
    return ""
  }
}

const megabytes = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
