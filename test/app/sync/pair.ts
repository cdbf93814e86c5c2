/** Two real folders and a sync between them. */
import { mkdtempSync, mkdirSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as SqliteMemory from "../../../src/adapters/sync/SqliteMemory.ts"
import * as LocalSide from "../../../src/adapters/sync/local/LocalSide.ts"
import type { SyncMemory } from "../../../src/app/ports/SyncMemory.ts"
import type { SyncSide } from "../../../src/app/ports/SyncSide.ts"
import { makeSession, type SyncOptions, type SyncSession } from "../../../src/app/sync/SyncSession.ts"
import { ownFolder } from "../../../src/domain/sync/Names.ts"

export interface Pair {
  readonly folder: string
  readonly host: string
  readonly workspace: string
  readonly memory: SyncMemory
  /** A session as a new process would make it. `wrap`: stands in front of a side. */
  readonly session: (options?: SyncOptions, wrap?: (side: SyncSide) => SyncSide) => SyncSession
  /** Takes back everything. */
  readonly end: () => Promise<void>
}

export const pair = async (): Promise<Pair> => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-sync-"))
  const host = join(folder, "host")
  const workspace = join(folder, "workspace")
  for (const path of [host, workspace]) mkdirSync(path)
  const scope = Effect.runSync(Scope.make())
  const memory = await Effect.runPromise(Scope.extend(SqliteMemory.make(join(folder, "memory", "sync.sqlite")), scope))
  return {
    folder,
    host,
    workspace,
    memory,
    session: (options = {}, wrap = (side) => side) =>
      makeSession(
        { host: wrap(LocalSide.make("host", host)), workspace: wrap(LocalSide.make("workspace", workspace)), memory },
        options
      ),
    end: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** All that is below a folder but what is ours: content, link or "/" by path, with "+x" for what may be run. */
export const contents = (root: string, below = ""): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const name of readdirSync(join(root, below)).sort()) {
    if (below === "" && name === ownFolder) continue
    const path = below === "" ? name : `${below}/${name}`
    const stat = lstatSync(join(root, path))
    if (stat.isDirectory()) Object.assign(found, { [path]: "/" }, contents(root, path))
    else if (stat.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(root, path))}`
    else if (stat.isFile())
      found[path] = `${readFileSync(join(root, path), "utf8")}${(stat.mode & 0o100) === 0 ? "" : "+x"}`
    else found[path] = "special"
  }
  return found
}
