/** The gate `documentation`: what changed since the base left no document wrong that was right. */
import { lstatSync, readFileSync } from "node:fs"
import { posix, join } from "node:path"
import * as Effect from "effect/Effect"
import picomatch from "picomatch"
import { type Check, defaultExclude, type Finding } from "../../../domain/boulder/Checks.ts"
import { History } from "../../ports/History.ts"
import { type Changed, Work } from "../../ports/Work.ts"
import type { Report } from "../Report.ts"
import { isAgentsFile, wrongInAgents } from "./Agents.ts"
import { featuresOf, isManifest, isSource } from "./Features.ts"
import { brokenLinks, isMarkdown } from "./Links.ts"
import { lintFindings, lintRulesOf } from "./Lint.ts"
import { type Markdown, parseMarkdown } from "./Markdown.ts"
import { type Suspicion, type Tree, treeOf } from "./Tree.ts"

/** Bytes; larger files are not looked at. */
const mostBytes = 512 * 1024

type DocumentationCheck = Extract<Check, { readonly check: "documentation" }>

/** `base`: null where nobody can tell what the work began at: then it is HEAD, and AGENTS.md is judged whole. */
export const judgeDocumentation = (
  checkout: string,
  { options, convention }: DocumentationCheck,
  base: string | null
) =>
  Effect.gen(function* () {
    const work = yield* Work
    const { commit } = yield* (yield* History).head(checkout)
    const changed = yield* work.changed(checkout, base ?? commit)
    const now = treeOf(yield* work.files(checkout), (path) => textOf(join(checkout, path)))
    const before = yield* treeBefore(checkout, now, changed)
    const { rules, ignores, remark } = lintRulesOf(convention, options)
    const remarks: Array<string> = remark === undefined ? [] : [remark]
    const isExcluded = matching(options.exclude ?? defaultExclude)
    const isUnlinted = matching(ignores)
    const nameBefore = new Map(changed.flatMap(({ path, from }) => (from === null ? [] : [[path, from] as const])))
    const touched = new Set(changed.flatMap(({ path, isThere }) => (isThere ? [path] : [])))
    const files = [...now.files].filter((path) => isMarkdown(path) && !isExcluded(path)).sort()
    const parsed = { now: parser(now), before: parser(before) }
    const lost = lostNames(changed, parsed)

    const suspicions: Array<Suspicion> = []
    for (const path of files) {
      yield* Effect.yieldNow()
      const text = now.read(path)
      const isTouched = touched.has(path)
      if (text === null || !(isTouched || isAgentsFile(path) || lost.some((name) => text.includes(name)))) continue
      const document = parsed.now(path)
      if (document === undefined) continue
      const old = nameBefore.get(path) ?? path
      const documentBefore = parsed.before(old)
      const compare = (found: ReadonlyArray<Suspicion>, known: ReadonlyArray<Suspicion>) =>
        suspicions.push(...without(found, known))
      compare(
        brokenLinks(now, path, document, parsed.now),
        documentBefore === undefined ? [] : brokenLinks(before, old, documentBefore, parsed.before)
      )
      if (isAgentsFile(path))
        compare(
          wrongInAgents(now, path, document, before),
          documentBefore === undefined || base === null ? [] : wrongInAgents(before, old, documentBefore, before)
        )
      if (!isTouched || rules === undefined || isUnlinted(path)) continue
      const linted = lintBoth(rules, path, text, before.read(old) ?? "")
      if (typeof linted === "string") remarks.push(linted)
      else compare(linted.found, linted.known)
    }
    const ignored = yield* ignoredOf(checkout, suspicions, remarks)
    const findings: ReadonlyArray<Finding> = [
      ...missingStructure(now, options.structure ?? []),
      ...suspicions
        .filter(({ built = [] }) => !built.some((path) => ignored.has(path)))
        .map(({ path, line, rule, message }) => ({ path, line, rule, message })),
      ...(changed.some(({ path }) => isManifest(path) || isSource(path))
        ? unmentioned(now, before, options.public, files)
        : [])
    ]
    return { findings, remarks: [...new Set(remarks)] } satisfies Report
  })

const matching = (globs: ReadonlyArray<string>): ((path: string) => boolean) =>
  globs.length === 0 ? () => false : picomatch([...globs], { dot: true })

const textOf = (file: string): string | null => {
  try {
    const stat = lstatSync(file)
    return stat.isFile() && stat.size <= mostBytes ? readFileSync(file, "utf8") : null
  } catch {
    // Gone since git looked, or not ours to read.
    return null
  }
}

/** What did not change is as it is on disk. */
const treeBefore = (checkout: string, now: Tree, changed: ReadonlyArray<Changed>) =>
  Effect.gen(function* () {
    const then = new Map(
      changed.flatMap(({ path, from, before }) => (before === null ? [] : [[from ?? path, before] as const]))
    )
    const isRead = (path: string) => isMarkdown(path) || isSource(path) || readable.has(posix.basename(path))
    const wanted = [...then].filter(([path]) => isRead(path)).map(([, blob]) => blob)
    const contents = yield* (yield* History).blobs(checkout, wanted, mostBytes)
    const fresh = new Set(changed.map(({ path }) => path))
    const paths = [...[...now.files].filter((path) => !fresh.has(path)), ...then.keys()]
    return treeOf(paths, (path) => {
      const blob = then.get(path)
      if (blob !== undefined) return contents.get(blob)?.toString("utf8") ?? null
      return fresh.has(path) ? null : now.read(path)
    })
  })

/** Files beside documents and sources that tell of commands. */
const readable = new Set(
  "package.json package-lock.json Makefile makefile GNUmakefile justfile Justfile .justfile Taskfile.yml Taskfile.yaml taskfile.yml taskfile.yaml Taskfile.dist.yml".split(
    " "
  )
)

const parser = (tree: Tree): ((path: string) => Markdown | undefined) => {
  const known = new Map<string, Markdown | undefined>()
  return (path) => {
    if (!known.has(path)) {
      const text = tree.files.has(path) ? tree.read(path) : null
      known.set(path, text === null ? undefined : parseMarkdown(text))
    }
    return known.get(path)
  }
}

type Parsers = Readonly<Record<"now" | "before", (path: string) => Markdown | undefined>>

/** Names in links that may lead nowhere since the change: of files that went, and of documents that lost a heading. */
const lostNames = (changed: ReadonlyArray<Changed>, parsed: Parsers): ReadonlyArray<string> => {
  const gone = changed.flatMap(({ path, from, before, isThere }) => {
    const was = from ?? path
    return before === null || (isThere && from === null) ? [] : was.split("/")
  })
  const poorer = changed.flatMap(({ path, from, before, isThere }) => {
    if (!isThere || before === null || !isMarkdown(path)) return []
    const anchors = parsed.now(path)?.anchors
    const isPoorer = [...(parsed.before(from ?? path)?.anchors ?? [])].some((one) => anchors?.has(one) === false)
    return isPoorer ? [posix.basename(path)] : []
  })
  return [...new Set([...gone, ...poorer])].flatMap((name) => [...new Set([name, encodeURI(name)])])
}

/** What is found and was not known; of several that are alike, as many as there are more now. */
const without = (found: ReadonlyArray<Suspicion>, known: ReadonlyArray<Suspicion>): ReadonlyArray<Suspicion> => {
  const counts = new Map<string, number>()
  const keyOf = ({ rule, key }: Suspicion) => `${rule} ${key}`
  for (const one of known) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
  return found.filter((one) => {
    const left = counts.get(keyOf(one)) ?? 0
    counts.set(keyOf(one), left - 1)
    return left <= 0
  })
}

const lintBoth = (rules: Parameters<typeof lintFindings>[0], path: string, text: string, before: string) => {
  try {
    return { found: lintFindings(rules, path, text), known: lintFindings(rules, path, before) }
  } catch (cause) {
    return `markdownlint could not be used: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

const ignoredOf = (checkout: string, suspicions: ReadonlyArray<Suspicion>, remarks: Array<string>) =>
  Effect.gen(function* () {
    const paths = [...new Set(suspicions.flatMap(({ built = [] }) => built))].filter((path) => path !== "")
    return yield* (yield* Work).ignored(checkout, paths).pipe(
      // It refuses paths beyond links: then nobody can tell, and nobody is blamed.
      Effect.catchTag("GitFailed", ({ detail }) => {
        remarks.push(`Links and paths were not judged, since git can't tell which of them it ignores: ${detail}`)
        return Effect.succeed(new Set(paths))
      })
    )
  })

const missingStructure = ({ files, folders }: Tree, structure: ReadonlyArray<string>): ReadonlyArray<Finding> =>
  structure.flatMap((wanted): ReadonlyArray<Finding> => {
    const plain = wanted.replace(/\/$/, "")
    const isMatch = matching([wanted])
    return files.has(plain) || folders.has(plain) || [...files].some(isMatch)
      ? []
      : [
          {
            rule: "structure",
            message: "there must be such a file (gates.documentation.structure)",
            path: wanted,
            line: 1
          }
        ]
  })

const unmentioned = (
  now: Tree,
  before: Tree,
  globs: ReadonlyArray<string> | undefined,
  documents: ReadonlyArray<string>
): ReadonlyArray<Finding> => {
  const known = new Set(featuresOf(before, globs).map(({ name, kind }) => `${kind} ${name}`))
  const fresh = new Map(
    featuresOf(now, globs).flatMap((one) => (known.has(`${one.kind} ${one.name}`) ? [] : [[one.name, one] as const]))
  )
  for (const document of documents) {
    if (fresh.size === 0) break
    const words = new Set(
      (now.read(document) ?? "")
        .split(/[^\w$@.-]+/)
        .flatMap((word) => [word.replaceAll(/^[.@-]+|[.@-]+$/g, ""), ...word.split(/[.@-]+/)])
    )
    for (const name of fresh.keys()) if (words.has(name)) fresh.delete(name)
  }
  return [...fresh.values()].map(({ name, kind, path, line }) => ({
    rule: "undocumented",
    message: `the new ${kind} "${name}" is in no Markdown file`,
    path,
    line
  }))
}
