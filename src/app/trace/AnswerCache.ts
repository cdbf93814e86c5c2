/**
 * Answers of `trace blame` for files on disk, kept so that the same question is answered without deriving anything. An answer
 * is good for exactly what it was derived from: the log's head, the repository's refs and reflogs, its index, the file's bytes, and
 * this version of Nexus. Nothing in it is a line's text, and nothing is lost with it.
 *
 * Plain functions without Effect: whoever asks again waits for little more than the start of a process.
 */
import { hash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Attribution, BlamedFile, BlamedLine } from "../../domain/attribution/Attribution.ts"
import { currentAlgorithm } from "../../domain/attribution/Transition.ts"
import { linesOf } from "../../domain/attribution/Text.ts"

/** What an answer was derived from. */
export interface Grounds {
  /** Of Nexus. */
  readonly version: string
  /** The checkout's top folder, symbolic links resolved, and the file's path in it. */
  readonly checkout: string
  readonly path: string
  /** The hash of the log's last event. */
  readonly head: string
  /** `History.fingerprint`. */
  readonly repository: string
  /** `History.indexState`: an answer about lines in no commit rests on it, since a rename is known to git by its index alone. */
  readonly index: string
  /** The file's content. */
  readonly bytes: Buffer
}

/** How many answers are kept. */
const most = 300

const folderIn = (home: string): string => join(home, "cache", "blame")

const fileOf = (home: string, { version, checkout, path, head, repository, bytes }: Grounds): string => {
  const grounds = [version, currentAlgorithm, checkout, path, head, repository, hash("sha256", bytes)]
  return join(folderIn(home), `${hash("sha256", JSON.stringify(grounds))}.json`)
}

interface Stored {
  /** See `Grounds`; absent when all lines are in commits. */
  readonly index?: string
  readonly owners: ReadonlyArray<Omit<BlamedLine, "line" | "text">>
  /** By line: which of the owners. */
  readonly lines: ReadonlyArray<number>
}

/** Undefined when it was not asked before, or anything has changed. */
export const recall = (home: string, grounds: Grounds): BlamedFile | undefined => {
  let stored: Stored
  try {
    stored = JSON.parse(readFileSync(fileOf(home, grounds), "utf8")) as Stored
  } catch {
    return undefined
  }
  if (stored.index !== undefined && stored.index !== grounds.index) return undefined
  const texts = linesOf(grounds.bytes.toString("utf8"))
  if (texts.length !== stored.lines.length) return undefined
  const lines = texts.flatMap((text, index): ReadonlyArray<BlamedLine> => {
    const owner = stored.owners[stored.lines[index] ?? -1]
    return owner === undefined ? [] : [{ line: index + 1, text, ...owner }]
  })
  return lines.length === texts.length ? { file: grounds.path, revision: "worktree", lines } : undefined
}

/** Keeps an answer about a whole file. That it could not be kept is no failure. */
export const remember = (home: string, grounds: Grounds, { lines }: BlamedFile): void => {
  const owners: Array<Omit<BlamedLine, "line" | "text">> = []
  const places = new Map<string, number>()
  const stored = lines.map(({ line: _line, text: _text, ...owner }: BlamedLine & Attribution) => {
    const key = JSON.stringify(owner)
    let place = places.get(key)
    if (place === undefined) places.set(key, (place = owners.push(owner) - 1))
    return place
  })
  try {
    const folder = folderIn(home)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = fileOf(home, grounds)
    const index = lines.some(({ commit }) => commit === null) ? { index: grounds.index } : {}
    const answer: Stored = { ...index, owners, lines: stored }
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(answer), { mode: 0o600 })
    renameSync(`${file}.${process.pid}`, file)
    forgetOldest(folder)
  } catch {
    // A full or read-only disk: the next question takes longer.
  }
}

const forgetOldest = (folder: string): void => {
  const names = readdirSync(folder)
  if (names.length <= most) return
  const aged = names.map((name) => ({
    name,
    at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  }))
  for (const { name } of aged.sort((a, b) => a.at - b.at).slice(0, names.length - most))
    rmSync(join(folder, name), { force: true })
}
