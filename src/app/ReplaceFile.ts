/** Files of other people's: replaced whole or not at all, where symbolic links lead, with the mode that they had. */
import { chmodSync, existsSync, lstatSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"

/** Where a path leads through symbolic links, whether or not a file is there. */
export const targetOf = (path: string): string => {
  let target = path
  for (let links = 0; lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    if (links === 40) throw new Error("its symbolic links lead around in a circle.")
    target = resolve(dirname(target), readlinkSync(target))
  }
  return target
}

/** Whole or not at all; through symbolic links, since settings are often kept elsewhere; with the old file's mode. */
export const replaceFile = (path: string, content: string, mode?: number): void => {
  const target = targetOf(path)
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
  const kept = mode ?? (existsSync(target) ? statSync(target).mode & 0o777 : undefined)
  try {
    writeFileSync(temporary, content, { flush: true, ...(kept === undefined ? {} : { mode: kept }) })
    if (kept !== undefined) chmodSync(temporary, kept)
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}
