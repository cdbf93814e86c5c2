/** All that is in a folder of this machine. */
import { isUtf8 } from "node:buffer"
import { fstatSync, lstatSync, readdirSync } from "node:fs"
import type { Ignores, LeftOut, Scan, Seen } from "../../../app/ports/SyncSide.ts"
import { ownFolder, refusedName } from "../../../domain/sync/Names.ts"
import { type HeldFolder, hold, OtherRoot, release, type Root } from "./HeldFolder.ts"
import { isSeen, look } from "./Look.ts"

/** Yields often, for whoever runs it to give way to others. A root that is not there is an error; what is below may come and go. */
export function* walk(root: Root, known: ReadonlyMap<string, Seen>, ignores: Ignores): Generator<void, Scan> {
  const seen = new Map<string, Seen>()
  const leftOut: Array<LeftOut> = []
  const folders = [""]
  let device: bigint | undefined
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    let folder: HeldFolder
    try {
      folder = hold(root, path)
    } catch (cause) {
      if (path === "" || cause instanceof OtherRoot) throw cause
      seen.delete(path)
      const gone = codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR" || codeOf(cause) === "ELOOP"
      leftOut.push({
        path,
        reason: gone ? "busy" : "unreadable",
        why: gone ? "is changing" : `cannot be read: ${codeOf(cause)}`
      })
      continue
    }
    try {
      device ??= fstatSync(folder.descriptor, { bigint: true }).dev
      for (const bytes of readdirSync(folder.self, { encoding: "buffer" })) {
        const name = isUtf8(bytes) ? bytes.toString("utf8") : `${bytes.toString("utf8")}\uFFFD`
        if (path === "" && name === ownFolder) continue
        const at = path === "" ? name : `${path}/${name}`
        const refused = refusedName(name)
        if (refused === undefined) yield* one(folder, name, at, device)
        else leftOut.push({ path: at, reason: "name", why: refused })
      }
    } finally {
      release(folder)
    }
  }
  return { seen, leftOut }

  function* one(folder: HeldFolder, name: string, path: string, device: bigint): Generator<void, void> {
    yield
    try {
      const stat = lstatSync(folder.at(name), { bigint: true, throwIfNoEntry: false })
      if (stat === undefined) return
      if (ignores(path, stat.isDirectory())) {
        leftOut.push({ path, reason: "ignored", why: "is left out by the rules" })
        return
      }
      // Replacing a file must not copy it between file systems; and what is mounted there is its owner's.
      if (stat.isDirectory() && stat.dev !== device) {
        leftOut.push({ path, reason: "special", why: "is another file system" })
        return
      }
      const sight = yield* look(folder.at(name), known.get(path), stat)
      if (sight === undefined) return
      if (!isSeen(sight)) leftOut.push({ path, ...sight })
      else {
        seen.set(path, sight)
        if (sight.entry.kind === "folder") folders.push(path)
      }
    } catch (cause) {
      const code = codeOf(cause)
      if (code === "ENOENT" || code === "ELOOP") leftOut.push({ path, reason: "busy", why: "is changing" })
      else leftOut.push({ path, reason: "unreadable", why: `cannot be read: ${code}` })
    }
  }
}

export const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : String(cause)
