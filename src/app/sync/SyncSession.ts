/** One sync: its two roots, its memory, and how it is to be done. */
import type { SideName } from "../../domain/sync/Entry.ts"
import { type BrakeLimits, usualLimits } from "../../domain/sync/Brake.ts"
import type { SyncMemory } from "../ports/SyncMemory.ts"
import type { Ignores, SyncSide } from "../ports/SyncSide.ts"
import { ignoresOf } from "./Rules.ts"

export interface SyncSession {
  readonly host: SyncSide
  readonly workspace: SyncSide
  readonly memory: SyncMemory
  readonly ignores: Ignores
  /** Whose version keeps the name in a conflict. */
  readonly prefer: SideName
  readonly limits: BrakeLimits
}

export interface SyncOptions {
  /** Lines as in a `.gitignore`. */
  readonly ignore?: ReadonlyArray<string>
  readonly prefer?: SideName
  readonly limits?: BrakeLimits
}

export const makeSession = (
  parts: Pick<SyncSession, "host" | "workspace" | "memory">,
  { ignore = [], prefer = "host", limits = usualLimits }: SyncOptions = {}
): SyncSession => ({ ...parts, ignores: ignoresOf(ignore), prefer, limits })
