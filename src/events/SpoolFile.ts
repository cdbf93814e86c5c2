/** Putting a file into a spool: see Spool.ts. It loads next to nothing, since commands that must be quick deliver, too. */
import { randomBytes } from "node:crypto"
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs"
import { uptime } from "node:os"
import { join } from "node:path"
import { bootId } from "./bootId.ts"

/** The folders of a spool, for its owner only. */
export const makeFolders = (path: string): void => {
  for (const folder of ["tmp", "new", "rejected"]) mkdirSync(join(path, folder), { recursive: true, mode: 0o700 })
}

// Of this process, so that two spools in it never take one name.
let counter = 0

/** The payload is on disk afterwards. Answers the delivery's name. Thrown: that the spool can't be used. */
export const deliverFile = (path: string, agent: string, payload: Buffer, waits?: "waits"): string => {
  makeFolders(path)
  const name = `${agent}.${bootId()}.${Math.floor(uptime() * 100)}.${process.pid}.${++counter}.${randomBytes(4).toString("hex")}${waits === undefined ? "" : `.${waits}`}`
  const descriptor = openSync(join(path, "tmp", name), "wx", 0o600)
  try {
    for (let written = 0; written < payload.length;) written += writeSync(descriptor, payload, written)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(join(path, "tmp", name), join(path, "new", name))
  return name
}
