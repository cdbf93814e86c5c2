/** The changes to a folder of this machine, each made only if what it touches is as it was seen. */
import { createHash } from "node:crypto"
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync
} from "node:fs"
import type { Rescued, Seen, Taken } from "../../../app/ports/SyncSide.ts"
import { parentOf, sameEntry, type SideName } from "../../../domain/sync/Entry.ts"
import { conflictName, ownFolder } from "../../../domain/sync/Names.ts"
import { type HeldFolder, type Root, within } from "./HeldFolder.ts"
import { entryAt, isSeen, lookNow, openFile, ownStamp, stampOf } from "./Look.ts"
import { codeOf } from "./Walk.ts"

/** Something is not as it was seen. */
export class Changed extends Error {}

export const stagingFolder = `${ownFolder}/staging`
/** What is taken away lies here until the end of the round, by a name that is made of its path. */
export const takenFolder = `${ownFolder}/taken`

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)
const takenName = (path: string): string => createHash("sha256").update(path).digest("hex").slice(0, 40)

const stampAt = (path: string): string | undefined => {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : stampOf(stat)
}

/** Its stamp now, if it is what was seen. */
const check = (path: string, expected: Seen): string => {
  const before = stampAt(path)
  if (before === undefined) throw new Changed("is gone")
  if (before === expected.stamp && expected.isSettled) return before
  const sight = lookNow(path)
  if (sight === undefined || !isSeen(sight) || !sameEntry(sight.entry, expected.entry))
    throw new Changed("has changed since it was seen")
  return sight.stamp
}

/** Keeps a second name for a file that is about to be replaced, so that a write at the last moment can be told, and saved. */
const keepSecondName = (target: string, second: string, stamp: string): void => {
  try {
    linkSync(target, second)
  } catch (cause) {
    // A file system without such links: the check before has to do.
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS"].includes(codeOf(cause))) return
    throw cause
  }
  if (ownStamp(stampAt(second) ?? "|") !== ownStamp(stamp) || ownStamp(stampAt(target) ?? "|") !== ownStamp(stamp)) {
    unlinkSync(second)
    throw new Changed("is being written")
  }
}

/** Gives a staged file or link a name that is free, and fails if it is not. */
const placeNew = (staged: string, target: string): void => {
  try {
    linkSync(staged, target)
    unlinkSync(staged)
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") throw new Changed("is there already")
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS"].includes(codeOf(cause))) throw cause
    if (stampAt(target) !== undefined) throw new Changed("is there already")
    renameSync(staged, target)
  }
}

const around = <A>(root: Root, path: string, ours: string, body: (parent: HeldFolder, ours: HeldFolder) => A): A =>
  within(root, parentOf(path), (parent) => within(root, ours, (folder) => body(parent, folder)))

/** `made`: the mode of a new file. */
export const putStaged = (
  root: Root,
  path: string,
  staged: string,
  expected: Seen | undefined,
  mode: { readonly made: number; readonly executable: boolean } | undefined
): void =>
  around(root, path, stagingFolder, (parent, staging) => {
    const target = parent.at(nameOf(path))
    const stamp = expected === undefined ? undefined : check(target, expected)
    if (mode !== undefined)
      chmodSync(
        staging.at(staged),
        withExecution(expected?.entry.kind === "file" ? expected.mode : mode.made, mode.executable)
      )
    if (stamp === undefined) placeNew(staging.at(staged), target)
    else {
      within(root, takenFolder, (taken) => keepSecondName(target, taken.at(takenName(path)), stamp))
      renameSync(staging.at(staged), target)
    }
  })

/** Whoever may read it may run it, or nobody. */
export const withExecution = (mode: number, executable: boolean): number =>
  executable ? mode | 0o100 | ((mode & 0o444) >> 2) : mode & ~0o111

export const putLink = (root: Root, path: string, to: string, expected: Seen | undefined): void => {
  if (expected === undefined) {
    within(root, parentOf(path), (parent) => {
      try {
        symlinkSync(to, parent.at(nameOf(path)))
      } catch (cause) {
        if (codeOf(cause) === "EEXIST") throw new Changed("is there already")
        throw cause
      }
    })
    return
  }
  const staged = `link-${takenName(path)}`
  within(root, stagingFolder, (staging) => {
    rmSync(staging.at(staged), { force: true })
    symlinkSync(to, staging.at(staged))
  })
  putStaged(root, path, staged, expected, undefined)
}

export const makeFolder = (root: Root, path: string, mode: number): void =>
  within(root, parentOf(path), (parent) => {
    try {
      mkdirSync(parent.at(nameOf(path)), { mode: mode | 0o700 })
    } catch (cause) {
      if (codeOf(cause) !== "EEXIST") throw cause
      if (entryAt(parent.at(nameOf(path)))?.kind !== "folder") throw new Changed("is there already, and no folder")
    }
  })

export const changeMode = (root: Root, path: string, executable: boolean, expected: Seen): void =>
  within(root, parentOf(path), (parent) => {
    const target = parent.at(nameOf(path))
    const stamp = check(target, expected)
    const file = openFile(target)
    try {
      const stat = fstatSync(file, { bigint: true })
      if (ownStamp(stampOf(stat)) !== ownStamp(stamp)) throw new Changed("is being written")
      fchmodSync(file, withExecution(Number(stat.mode & 0o777n), executable))
    } finally {
      closeSync(file)
    }
  })

export const remove = (root: Root, path: string, expected: Seen): void =>
  around(root, path, takenFolder, (parent, taken) => {
    const target = parent.at(nameOf(path))
    if (expected.entry.kind === "folder") {
      try {
        return rmdirSync(target)
      } catch (cause) {
        throw codeOf(cause) === "ENOTEMPTY" || codeOf(cause) === "EEXIST" ? new Changed("is not empty") : cause
      }
    }
    const stamp = check(target, expected)
    const away = taken.at(takenName(path))
    if (stampAt(away) !== undefined) throw new Changed("was taken away in this round already")
    renameSync(target, away)
    if (ownStamp(stampAt(away) ?? "|") === ownStamp(stamp)) return
    // Somebody wrote between the look and the move: it is theirs. If its name is taken again, the round's end finds it another.
    placeNew(away, target)
    throw new Changed("is being written")
  })

/** Drops what was taken away, or gives it a name again if it is not what it was. `isAsTaken`: when its stamp proves that. */
export const settle = (
  root: Root,
  side: SideName,
  { path, entry }: Taken,
  isAsTaken: (own: string) => boolean
): Rescued | undefined =>
  within(root, takenFolder, (taken) => {
    const away = taken.at(takenName(path))
    const stamp = stampAt(away)
    if (stamp === undefined) return undefined
    const now = isAsTaken(ownStamp(stamp)) ? entry : entryAt(away)
    if (now !== undefined && sameEntry(now, entry)) {
      unlinkSync(away)
      return undefined
    }
    // Where its folder was became something else: at the root.
    const home = foldersCanBe(root, path) ? path : path.replaceAll("/", "-")
    for (let turn = -1; ; turn++) {
      const copy = turn === -1 ? home : conflictName(home, side, now ?? entry, turn)
      try {
        within(root, parentOf(copy), (parent) => placeNew(away, parent.at(nameOf(copy))))
        return { path, copy }
      } catch (cause) {
        if (!(cause instanceof Changed)) throw cause
      }
    }
  })

/** Makes the folders above a path, if it can be. */
const foldersCanBe = (root: Root, path: string): boolean => {
  const parts = path.split("/").slice(0, -1)
  try {
    for (const index of parts.keys()) makeFolder(root, parts.slice(0, index + 1).join("/"), 0o755)
    return true
  } catch (cause) {
    if (cause instanceof Changed || codeOf(cause) === "ENOTDIR" || codeOf(cause) === "ELOOP") return false
    throw cause
  }
}
