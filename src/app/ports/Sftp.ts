/**
 * The port to files on the other side of an SSH connection. Paths are absolute there, or relative to the user's home; links are
 * never followed at their last step, except by `realPath`.
 */
import type { Readable, Writable } from "node:stream"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export class FileFailed extends Schema.TaggedError<FileFailed>()("FileFailed", {
  operation: Schema.String,
  /** Where: on this machine, or over there. */
  side: Schema.Literal("here", "there"),
  path: Schema.String,
  kind: Schema.Literal("missing", "exists", "permission", "no-space", "link", "disconnected", "failed"),
  detail: Schema.String
}) {
  override get message() {
    return `${this.operation} of ${this.path} (${this.side === "here" ? "on this machine" : "in the workspace"}) failed: ${this.detail}`
  }
}

export interface FileStatus {
  readonly kind: "file" | "folder" | "link" | "other"
  readonly size: number
  /** Permission bits, with set-id and sticky: 0o7777 at most. */
  readonly mode: number
  /** Seconds since 1970: SFTP has no finer ones. */
  readonly modified: number
  readonly uid: number
  readonly gid: number
}

export interface FolderEntry extends FileStatus {
  readonly name: string
}

export interface CopyOptions {
  /** Told after each file. Bytes and files so far; how many there will be is not known. */
  readonly progress?: (sofar: { readonly files: number; readonly bytes: number; readonly path: string }) => void
}

export interface Copied {
  readonly files: number
  readonly folders: number
  readonly links: number
  readonly bytes: number
  /** What is there and was not copied, with why: a socket, a name that is no UTF-8, … */
  readonly leftOut: ReadonlyArray<{ readonly path: string; readonly why: string }>
}

export interface Sftp {
  readonly list: (folder: string) => Effect.Effect<ReadonlyArray<FolderEntry>, FileFailed>
  /** Of a link: the link's. Undefined when nothing is there. */
  readonly status: (path: string) => Effect.Effect<FileStatus | undefined, FileFailed>
  readonly read: (path: string) => Effect.Effect<Buffer, FileFailed>
  /** Streams a file; the sink is left open. */
  readonly readTo: (path: string, sink: Writable) => Effect.Effect<number, FileFailed>
  /** The file is there whole or not at all: written beside it, then renamed over it. `modified`: seconds since 1970. */
  readonly write: (
    path: string,
    content: Buffer | Readable,
    options?: { readonly mode?: number; readonly modified?: number }
  ) => Effect.Effect<void, FileFailed>
  readonly makeFolder: (path: string, mode?: number) => Effect.Effect<void, FileFailed>
  readonly removeFile: (path: string) => Effect.Effect<void, FileFailed>
  /** An empty one. */
  readonly removeFolder: (path: string) => Effect.Effect<void, FileFailed>
  /** Replaces what is there, at once. */
  readonly rename: (from: string, to: string) => Effect.Effect<void, FileFailed>
  readonly changeMode: (path: string, mode: number) => Effect.Effect<void, FileFailed>
  readonly realPath: (path: string) => Effect.Effect<string, FileFailed>
  readonly readLink: (path: string) => Effect.Effect<string, FileFailed>
  readonly makeLink: (target: string, path: string) => Effect.Effect<void, FileFailed>
  /**
   * Copies a file or a folder with all in it, as `cp -R` does: into `to` if that is a folder, else as `to`. Each file is there
   * whole or not at all; permission bits are kept, links are copied as links. Nothing is written through a link below `to`.
   */
  readonly send: (from: string, to: string, options?: CopyOptions) => Effect.Effect<Copied, FileFailed>
  readonly receive: (from: string, to: string, options?: CopyOptions) => Effect.Effect<Copied, FileFailed>
}
