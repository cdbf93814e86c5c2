/**
 * A copy from one end to the other. Folders come first, then files, many at once, each under a name of its own until it is whole;
 * links come last, so that nothing is ever written through one that the other end gave. Modes of folders are set at the very end,
 * since one may forbid to write into it.
 */
import { randomBytes } from "node:crypto"
import { posix } from "node:path"
import { type Copied, type CopyOptions, FileFailed } from "../../app/ports/Sftp.ts"
import type { Listed, Side } from "./Side.ts"

const filesAtOnce = 32
const foldersAtOnce = 8

/** Set-id bits are not carried over: they would give rights of one machine's user on another. */
const kept = 0o777

interface Task {
  readonly from: string
  readonly to: string
  readonly mode: number
}

export const copy = async (
  source: Side,
  from: string,
  target: Side,
  to: string,
  { progress }: CopyOptions,
  interrupted: AbortSignal
): Promise<Copied> => {
  const status = await source.status(from, "target")
  if (status === undefined)
    throw new FileFailed({
      operation: "copying",
      side: source.name,
      path: from,
      kind: "missing",
      detail: "nothing is there"
    })
  const root = await source.realPath(from)
  const goal = await goalOf(source, from, root, target, to)
  const leftOut: Array<Copied["leftOut"][number]> = []
  let [files, bytes] = [0, 0]

  const copyFile = async ({ from, to, mode }: Task) => {
    bytes += await writeWhole(source, from, target, to, mode)
    files += 1
    progress?.({ files, bytes, path: from })
  }

  if (status.kind !== "folder") {
    if (status.kind === "other") leftOut.push({ path: root, why: "it is neither file, folder nor link" })
    else await copyFile({ from: root, to: goal, mode: status.mode & kept })
    return { files, folders: 0, links: 0, bytes, leftOut }
  }

  const waiting: Array<Task> = []
  const links: Array<Task> = []
  const folders: Array<Task & { readonly isNew: boolean }> = []
  // Level by level: a folder is there, and is one, before anything is put into it.
  let level: ReadonlyArray<Task> = [{ from: root, to: goal, mode: status.mode & kept }]
  while (level.length > 0) {
    const below: Array<Task> = []
    await atOnce(foldersAtOnce, level, interrupted, async (folder) => {
      folders.push({ ...folder, isNew: await enterFolder(target, folder.to) })
      for (const entry of await source.list(folder.from)) {
        const task = {
          from: posix.join(folder.from, entry.name),
          to: posix.join(folder.to, entry.name),
          mode: entry.mode & kept
        }
        const why = flawOf(entry)
        if (why !== undefined) leftOut.push({ path: task.from, why })
        else if (entry.kind === "folder") below.push(task)
        else if (entry.kind === "file") waiting.push(task)
        else links.push(task)
      }
    })
    level = below
  }
  await atOnce(filesAtOnce, waiting, interrupted, copyFile)
  await atOnce(filesAtOnce, links, interrupted, async (link) => {
    const pointed = await source.readLink(link.from)
    await puttingWhole(target, link.to, (unfinished) => target.makeLink(pointed, unfinished))
  })
  for (const { to, mode, isNew } of folders.toReversed()) if (isNew) await target.changeMode(to, mode)
  return { files, folders: folders.length, links: links.length, bytes, leftOut }
}

const flawOf = ({ flaw, kind }: Listed): string | undefined =>
  flaw ?? (kind === "other" ? "it is neither file, folder nor link" : undefined)

/** As cp(1) has it: into a folder that is there; only what is in it if the source ends with "/.". */
const goalOf = async (source: Side, from: string, root: string, target: Side, to: string): Promise<string> => {
  const there = await target.status(to, "target")
  if (there === undefined) {
    if (!to.endsWith("/") || to === "/") return to
    const isFolder = (await source.status(from, "target"))?.kind === "folder"
    if (isFolder) return to.replace(/\/+$/, "")
    throw new FileFailed({
      operation: "copying",
      side: target.name,
      path: to,
      kind: "missing",
      detail: "there is no such folder"
    })
  }
  if (there.kind !== "folder") return to
  const folder = await target.realPath(to)
  return from === "." || from.endsWith("/.")
    ? folder
    : posix.join(folder, posix.basename(from) === ".." ? posix.basename(root) : posix.basename(from))
}

/** Whether it is new. A link in its place is not entered: it may lead anywhere. */
const enterFolder = async (target: Side, path: string): Promise<boolean> => {
  const before = await target.status(path, "itself")
  if (before === undefined) await target.makeFolder(path)
  const now = before ?? (await target.status(path, "itself"))
  if (now?.kind === "folder") return before === undefined
  const kind = now?.kind === "link" ? "link" : "exists"
  const detail =
    now?.kind === "link" ? "a link is in the place of a folder; nothing is written through it" : "it is no folder"
  throw new FileFailed({ operation: "entering the folder", side: target.name, path, kind, detail })
}

const writeWhole = async (source: Side, from: string, target: Side, to: string, mode: number): Promise<number> => {
  let size = 0
  await puttingWhole(target, to, async (unfinished) => {
    size = await target.write(unfinished, source.read(from), mode)
  })
  return size
}

const puttingWhole = async (target: Side, to: string, make: (unfinished: string) => Promise<void>): Promise<void> => {
  const unfinished = unfinishedName(to)
  try {
    await make(unfinished)
    await target.rename(unfinished, to)
  } catch (cause) {
    // It may never have come to be, and the connection may be gone: what failed first is what is told.
    await target.removeFile(unfinished).catch(() => undefined)
    throw cause
  }
}

/** Beside the file, and short enough whatever its name is. */
export const unfinishedName = (path: string): string =>
  posix.join(posix.dirname(path), `.nexus-${randomBytes(9).toString("hex")}.tmp`)

/** Runs for each, so many at once. The first failure is thrown, once all that began has ended. */
const atOnce = async <A>(
  count: number,
  items: ReadonlyArray<A>,
  interrupted: AbortSignal,
  run: (item: A) => Promise<void>
): Promise<void> => {
  let next = 0
  const failures: Array<unknown> = []
  const work = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      if (failures.length > 0 || interrupted.aborted) return
      await run(item).catch((cause: unknown) => failures.push(cause))
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, work))
  if (failures.length > 0) throw failures[0]
  interrupted.throwIfAborted()
}
