/** What OpenCode (1.18.33) keeps itself of its conversations in a folder, and what keeps it from loading plugins. */
import { statSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import type { ClientPlace, Conversation } from "../../../app/ports/Agent.ts"
import { sessionNamed } from "../Identity.ts"
import { agentName } from "./Translate.ts"

export const silenced = ({ env }: ClientPlace): string | undefined =>
  /^(?:1|true)$/i.test(env["OPENCODE_PURE"] ?? "")
    ? "plugins are switched off, by OPENCODE_PURE in the environment"
    : undefined

/** Its database is read, and not looked into where nothing was written since. */
export const lastConversation = ({ checkout, env, home }: ClientPlace, since: number): Conversation | undefined => {
  const file = join(env["XDG_DATA_HOME"] || join(home, ".local/share"), "opencode/opencode.db")
  const written = [file, `${file}-wal`].map((one) => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  if (Math.max(...written) <= since) return undefined
  try {
    const database = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 200 })
    try {
      const row = database
        .prepare(
          `SELECT id, time_created AS began FROM session
           WHERE parent_id IS NULL AND directory = ? AND time_created > ? ORDER BY time_updated DESC LIMIT 1`
        )
        .get(checkout, since) as { readonly id: string; readonly began: number } | undefined
      const session = row === undefined ? null : sessionNamed(agentName, row.id)
      return row === undefined || session === null ? undefined : { session, began: row.began }
    } finally {
      database.close()
    }
  } catch {
    // Another version keeps them in another way, or it is busy: then nothing is known.
    return undefined
  }
}
