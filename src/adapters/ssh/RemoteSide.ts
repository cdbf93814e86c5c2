/** The files over there as one end of a copy. */
import { FileFailed } from "../../app/ports/Sftp.ts"
import type { SftpClient } from "./SftpClient.ts"
import { toStatus } from "./SftpClient.ts"
import { flawOf, type Listed, type Side } from "./Side.ts"

export const remoteSide = (client: SftpClient): Side => ({
  name: "there",
  list: async (folder) =>
    (await client.list(folder)).map(({ filename, attrs }): Listed => {
      const flaw = flawOf(filename)
      return { name: filename, ...toStatus(attrs), ...(flaw === undefined ? {} : { flaw }) }
    }),
  status: (path, how) => client.status(path, how === "itself" ? "lstat" : "stat"),
  realPath: (path) => client.realPath(path),
  makeFolder: (path) =>
    client.makeFolder(path, 0o700).catch((cause: unknown) => {
      // That it is there already is "failure" in SFTP, as almost everything is; what is there is looked at by who asked.
      if (!(cause instanceof FileFailed) || cause.kind !== "failed") throw cause
    }),
  changeMode: (path, mode) => client.changeMode(path, mode),
  readLink: (path) => client.readLink(path),
  makeLink: (target, path) => client.makeLink(target, path),
  read: (path) => client.read(path),
  write: (path, content, mode) => client.write(path, content, { mode }),
  rename: (from, to) => client.rename(from, to),
  removeFile: (path) => client.removeFile(path)
})
