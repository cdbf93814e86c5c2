/** What was answered to commands that carried a key. */
import { hash } from "node:crypto"
import type { Database } from "./Database.ts"
import type { Commit, Receipt } from "./Event.ts"
import { KeyReused, VersionConflict } from "./LogErrors.ts"

type Outcome =
  | { readonly receipt: Omit<Receipt, "repeated"> }
  | { readonly conflict: { readonly stream: string; readonly expected: number; readonly actual: number } }

interface Row {
  readonly fingerprint: string
  readonly outcome: string
}

/** The fingerprint of the command that a key was used for; undefined for a new key. */
export const fingerprintUnder = (database: Database, key: string): string | undefined =>
  find(database, key)?.fingerprint

/** The first answer to this command, if its key was used before: given again, or thrown again. Thrown too: KeyReused. */
export const earlier = (database: Database, key: string, fingerprint: string): Receipt | undefined => {
  const row = find(database, key)
  if (row === undefined) return undefined
  if (row.fingerprint !== fingerprint) throw new KeyReused({ key })
  const outcome = JSON.parse(row.outcome) as Outcome
  if ("conflict" in outcome) throw new VersionConflict(outcome.conflict)
  return { ...outcome.receipt, repeated: true }
}

export const save = (database: Database, key: string, fingerprint: string, outcome: Outcome): void => {
  database
    .prepare("INSERT OR IGNORE INTO receipts (key, fingerprint, outcome) VALUES (?, ?, ?)")
    .run(key, fingerprint, JSON.stringify(outcome))
}

/** What makes two commands the same: by default their stream, expectation, types and payloads. */
export const fingerprintOf = (commit: Commit): string =>
  commit.fingerprint ??
  hash(
    "sha256",
    JSON.stringify([commit.stream, commit.expected ?? null, commit.events.map(({ type, payload }) => [type, payload])])
  )

const find = (database: Database, key: string): Row | undefined =>
  database.prepare("SELECT fingerprint, outcome FROM receipts WHERE key = ?").get(key) as Row | undefined
