/** The port to the files of a checkout: what is there now, without waiting for git's history. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A checkout could not be looked through as a whole: too large, too slow, or git failed at it. */
export class LookFailed extends Schema.TaggedError<LookFailed>()("LookFailed", {
  checkout: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.checkout} could not be looked through: ${this.detail}`
  }
}

/**
 * What a file holds: the git blob id of its bytes as they are on disk, or "link:" and that of where a symbolic link points.
 */
export type ContentId = string

/** A file that git does not have as it is: untracked, or another than in the index. */
export interface LooseFile {
  /** Undefined when it was not read: too large, or time was up. */
  readonly id: ContentId | undefined
  /** Equal stamps mean equal content. "" when the clock is too coarse to say so. */
  readonly stamp: string
  /** When its inode last changed, milliseconds since 1970. */
  readonly changed: number
  /** Undefined when it was not read, or is a link. */
  readonly content?: Buffer
}

/** The files of a checkout that git does not ignore, by path relative to its top folder, with "/". */
export interface Look {
  /** What git's index was like: equal texts mean that it has the same files with the same contents. */
  readonly index: string
  /** The files that are not as the index has them; null for one that is gone. All others are. */
  readonly loose: ReadonlyMap<string, LooseFile | null>
}

export interface SeenFile extends LooseFile {
  readonly kind: "file" | "link" | "other"
}

export class WorkingTree extends Context.Tag("nexus/app/WorkingTree")<
  WorkingTree,
  {
    /**
     * Looks through a checkout, within a second. Loose files whose stamp is as in `known` are not read again.
     * Changes nothing, takes no lock, and runs no hook or monitor of the repository's.
     */
    readonly look: (
      checkout: string,
      known?: ReadonlyMap<string, Pick<LooseFile, "id" | "stamp"> | null>
    ) => Effect.Effect<Look, LookFailed>
    /** Copies git's index to a file for its owner only; answers as `Look.index`. */
    readonly keepIndex: (checkout: string, copy: string) => Effect.Effect<string, LookFailed>
    /**
     * What the index has of these files, or of all; of a kept copy of it, when given. Of a file with conversions (line ends)
     * that is the id of what git keeps.
     */
    readonly indexed: (
      checkout: string,
      asked: { readonly paths?: ReadonlyArray<string>; readonly copy?: string }
    ) => Effect.Effect<ReadonlyMap<string, ContentId>, LookFailed>
    /** One file by its absolute path. Null: there is none. Undefined: it cannot be read. */
    readonly see: (file: string) => SeenFile | null | undefined
  }
>() {}
