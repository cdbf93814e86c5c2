/** The port to what a sync is made of: the two kinds of roots, and what is kept between rounds. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { SideName } from "../../domain/sync/Entry.ts"
import type { Sftp } from "./Sftp.ts"
import type { MemoryFailed, SyncMemory } from "./SyncMemory.ts"
import type { SideFailed, SyncSide } from "./SyncSide.ts"

export class SyncParts extends Context.Tag("nexus/app/SyncParts")<
  SyncParts,
  {
    /** Kept in `file`, which is made where it is missing; open as long as the scope. */
    readonly memory: (file: string) => Effect.Effect<SyncMemory, MemoryFailed, Scope.Scope>
    /** A folder of this machine. */
    readonly folder: (side: SideName, path: string) => SyncSide
    /** A folder over there, by its absolute path. `flush` has the machine there write all that it holds back. */
    readonly remote: (side: SideName, sftp: Sftp, root: string, flush: Effect.Effect<void, SideFailed>) => SyncSide
  }
>() {}
