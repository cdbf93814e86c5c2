/**
 * Before all tests: their repositories, homes and logs go where memory has room for them, since they wait for a disk thousands of
 * times. What is about disks (full ones, failing ones) has mounts of its own. Whoever sets TMPDIR has said otherwise.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const memory = "/dev/shm"
const enough = 4 * 2 ** 30

export default function setup(): void {
  if (process.env["TMPDIR"] !== undefined) return
  const folder = folderInMemory()
  if (folder === undefined) return
  process.env["TMPDIR"] = folder
  // Each test has a home folder of its own, in which the program would compile its code again.
  process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compiled")
  // Not before the workers have ended: they keep compiled code until then.
  process.once("exit", () => remove(folder))
}

/** Undefined where memory has no room, or what is in it may not run: a container's /dev/shm is often so. */
const folderInMemory = (): string | undefined => {
  let folder: string | undefined
  try {
    const { bavail, bsize } = statfsSync(memory)
    if (bavail * bsize < enough) return undefined
    folder = mkdtempSync(join(memory, "nexus-"))
    const program = join(folder, "runs")
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 })
    execFileSync(program)
    return folder
  } catch {
    if (folder !== undefined) remove(folder)
    return undefined
  }
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
