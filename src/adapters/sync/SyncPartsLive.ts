/** What a sync is made of: SQLite, this machine's files, SFTP. */
import * as Layer from "effect/Layer"
import { SyncParts } from "../../app/ports/SyncParts.ts"
import { make as makeFolder } from "./local/LocalSide.ts"
import { make as makeRemote } from "./sftp/SftpSide.ts"
import { make as makeMemory } from "./SqliteMemory.ts"

export const layer = Layer.succeed(SyncParts, {
  memory: makeMemory,
  folder: makeFolder,
  remote: (side, sftp, root, flush) => makeRemote(side, sftp, root, { flush })
})
