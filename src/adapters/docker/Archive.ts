/** Tar archives, the form in which files go into a container and come out of it. */
import { pack } from "tar-stream"

export interface ArchiveFile {
  /** Relative to where it is unpacked. */
  readonly path: string
  readonly content: string
  readonly mode: number
}

/** Of root's. Folders that the paths name are made as needed, readable for all. */
export const archiveOf = async (files: ReadonlyArray<ArchiveFile>): Promise<Buffer> => {
  const archive = pack()
  const folders = new Set(files.flatMap(({ path }) => path.split("/").slice(0, -1).join("/")))
  for (const folder of folders) {
    if (folder !== "") archive.entry({ name: `${folder}/`, type: "directory", mode: 0o755, uid: 0, gid: 0 })
  }
  for (const { path, content, mode } of files) archive.entry({ name: path, mode, uid: 0, gid: 0 }, content)
  archive.finalize()
  const chunks: Array<Buffer> = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
