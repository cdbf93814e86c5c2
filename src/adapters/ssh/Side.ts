/** One end of a copy: the files of this machine, or those over there. All of it fails with `FileFailed`. */
import type { FileFailed, FileStatus } from "../../app/ports/Sftp.ts"

export interface Listed extends Pick<FileStatus, "kind" | "mode" | "size"> {
  readonly name: string
  /** Why it can't be copied. */
  readonly flaw?: string
}

export interface Side {
  readonly name: FileFailed["side"]
  readonly list: (folder: string) => Promise<ReadonlyArray<Listed>>
  readonly status: (path: string, how: "itself" | "target") => Promise<FileStatus | undefined>
  readonly realPath: (path: string) => Promise<string>
  /** It may be there already. Only for its owner while it is being filled. */
  readonly makeFolder: (path: string) => Promise<void>
  readonly changeMode: (path: string, mode: number) => Promise<void>
  readonly readLink: (path: string) => Promise<string>
  readonly makeLink: (target: string, path: string) => Promise<void>
  readonly read: (path: string) => AsyncIterable<Buffer>
  /** A new file. */
  readonly write: (path: string, content: AsyncIterable<Buffer>, mode: number) => Promise<number>
  readonly rename: (from: string, to: string) => Promise<void>
  readonly removeFile: (path: string) => Promise<void>
}

/** Why a name that one end gave can't be used at the other, if so: it may have been made to lead elsewhere. */
export const flawOf = (name: string): string | undefined => {
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0"))
    return "its name is no file name"
  return name.includes("\uFFFD") ? "its name is not UTF-8" : undefined
}
