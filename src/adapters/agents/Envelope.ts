/**
 * The envelope of `apply_patch`: files to add, delete, update and move, with hunks that have no line numbers. Read and followed
 * as Codex does (codex-rs/apply-patch, its parser and `compute_replacements`), but for its tolerance of differing spaces.
 */
import type { Json } from "../../app/ports/Agent.ts"
import { firstText, isObject, listOf } from "./Payload.ts"

export type FileChange =
  | { readonly kind: "add"; readonly path: string; readonly content: string }
  | { readonly kind: "delete"; readonly path: string }
  | { readonly kind: "update"; readonly path: string; readonly to?: string; readonly hunks: ReadonlyArray<Hunk> }

/** Lines `before` become lines `after`, somewhere below the line `below`, or at the end of the file. */
export interface Hunk {
  readonly below?: string
  readonly before: ReadonlyArray<string>
  readonly after: ReadonlyArray<string>
  readonly atEnd: boolean
}

/** The text of the envelope in a tool's input, wherever this client and version put it. */
export const envelopeIn = (input: Json | undefined): string | undefined => {
  const text = isObject(input)
    ? (firstText(input, ["command", "input", "patch", "patchText"]) ??
      listOf(input["command"]).find((word) => typeof word === "string" && word.includes(begin)))
    : input
  return typeof text === "string" && text.includes(begin) ? text : undefined
}

const begin = "*** Begin Patch"

/** The changes in an envelope, in order; what is no change is passed over. */
export const changesIn = (envelope: string): ReadonlyArray<FileChange> => {
  const lines = envelope.slice(envelope.indexOf(begin)).split(/\r?\n/).slice(1)
  const changes: Array<FileChange> = []
  for (let at = 0; at < lines.length;) {
    const [, verb, path = ""] = /^\s*\*\*\* (Add|Delete|Update) File: (.+?)\s*$/.exec(lines[at] ?? "") ?? []
    if (/^\s*\*\*\* End Patch\s*$/.test(lines[at] ?? "")) break
    const next = lines.findIndex((line, index) => index > at && isHeader(line))
    const body = lines.slice(at + 1, next < 0 ? lines.length : next)
    if (verb === "Add") {
      const added = body.filter((line) => line.startsWith("+")).map((line) => `${line.slice(1)}\n`)
      changes.push({ kind: "add", path, content: added.join("") })
    } else if (verb === "Delete") {
      changes.push({ kind: "delete", path })
    } else if (verb === "Update") {
      const to = /^\s*\*\*\* Move to: (.+?)\s*$/.exec(body[0] ?? "")?.[1]
      changes.push({ kind: "update", path, ...(to === undefined ? {} : { to }), hunks: hunksIn(body) })
    }
    at += 1 + body.length
  }
  return changes
}

const isHeader = (line: string): boolean => /^\s*\*\*\* (?:(?:Add|Delete|Update) File: |End Patch)/.test(line)

interface Growing {
  readonly below?: string
  readonly before: Array<string>
  readonly after: Array<string>
  atEnd: boolean
}

const hunksIn = (body: ReadonlyArray<string>): ReadonlyArray<Hunk> => {
  let hunk: Growing = { before: [], after: [], atEnd: false }
  const hunks = [hunk]
  // A line without even its space is a blank one of the file, but not where it only separates.
  let blank = 0
  for (const line of body) {
    if (line === "") {
      blank += 1
      continue
    }
    const mark = line.charAt(0)
    const blanks = mark === "@" || mark === "*" ? [] : Array.from({ length: blank }, () => "")
    blank = 0
    hunk.before.push(...blanks, ...(mark === "-" || mark === " " ? [line.slice(1)] : []))
    hunk.after.push(...blanks, ...(mark === "+" || mark === " " ? [line.slice(1)] : []))
    if (line.trim() === "*** End of File") hunk.atEnd = true
    if (!line.startsWith("@@")) continue
    const below = line.slice(2).trimStart()
    hunk = { before: [], after: [], atEnd: false, ...(below === "" ? {} : { below }) }
    hunks.push(hunk)
  }
  return hunks.filter(({ before, after }) => before.length + after.length > 0)
}

/** How many places are tried before the content before a change is given up. */
const mostTries = 2000

/**
 * The content before an update, from that after it: the only one that its hunks lead from. Undefined where there is none or
 * where there are several, and for mixed line ends, since hunks do not tell those.
 */
export const unapplied = (after: string, hunks: ReadonlyArray<Hunk>): string | undefined => {
  const eol = after.includes("\r\n") ? "\r\n" : "\n"
  const lines = after.split(eol)
  // What a client writes ends with a line end.
  if (lines.pop() !== "" || lines.some((line) => /[\r\n]/.test(line))) return undefined
  const found = new Set<string>()
  let tries = 0
  const search = (index: number, from: number, before: ReadonlyArray<string>): void => {
    const hunk = hunks[index]
    if (hunk === undefined) {
      const whole = [...before, ...lines.slice(from)]
      const again = applied(whole, hunks)
      if (again?.length === lines.length && again.every((line, at) => line === lines[at])) found.add(textOf(whole, eol))
      return
    }
    for (let at = from; at + hunk.after.length <= lines.length && found.size < 2; at += 1) {
      if (!matches(lines, hunk.after, at)) continue
      tries += 1
      if (tries > mostTries) return
      search(index + 1, at + hunk.after.length, [...before, ...lines.slice(from, at), ...hunk.before])
    }
  }
  search(0, 0, [])
  return found.size > 1 || tries > mostTries ? undefined : [...found][0]
}

const textOf = (lines: ReadonlyArray<string>, eol: string): string => lines.map((line) => `${line}${eol}`).join("")

/** Whether a text has the lines that an update puts in. */
export const shows = (text: string, hunks: ReadonlyArray<Hunk>): boolean => {
  const lines = text.split(/\r?\n/)
  return hunks.every(({ after }) => lines.some((_, at) => matches(lines, after, at)))
}

/** The lines after an update; undefined where a hunk does not fit. */
const applied = (lines: ReadonlyArray<string>, hunks: ReadonlyArray<Hunk>): ReadonlyArray<string> | undefined => {
  const result: Array<string> = []
  let from = 0
  let copied = 0
  for (const { below, before, after, atEnd } of hunks) {
    if (below !== undefined) {
      const at = lines.indexOf(below, from)
      if (at < 0) return undefined
      from = at + 1
    }
    // Lines that replace nothing go to the end of the file.
    const at = before.length === 0 ? lines.length : placeOf(lines, before, from, atEnd)
    if (at < 0) return undefined
    result.push(...lines.slice(copied, at), ...after)
    from = at + before.length
    copied = from
  }
  return [...result, ...lines.slice(copied)]
}

const placeOf = (lines: ReadonlyArray<string>, wanted: ReadonlyArray<string>, from: number, atEnd: boolean): number => {
  const last = lines.length - wanted.length
  for (let at = atEnd ? Math.max(from, last) : from; at <= last; at += 1) if (matches(lines, wanted, at)) return at
  return -1
}

const matches = (lines: ReadonlyArray<string>, wanted: ReadonlyArray<string>, at: number): boolean =>
  wanted.every((line, index) => lines[at + index] === line)
