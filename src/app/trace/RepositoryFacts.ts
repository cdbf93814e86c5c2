/** Appending what was read of a repository: each fact once, under a key that is made of what it says. */
import { hash } from "node:crypto"
import type { Actor } from "../../domain/Actor.ts"
import { type ProjectId, repositoryStream } from "../../domain/Ids.ts"
import type { NewEvent } from "../../events/Event.ts"
import type { Transaction } from "../../events/EventLog.ts"

const system: Actor = { kind: "system", name: "nexus" }

/** Appends facts, unless that was done under their key before; gives how many it appended. `time`: when it happened. */
export const appendTo =
  (transaction: Transaction, project: ProjectId) =>
  (key: string, events: ReadonlyArray<NewEvent>, time?: number): number => {
    const whole = `history:${project}:${key}`
    if (transaction.recorded(whole) !== undefined) return 0
    const stream = repositoryStream(project)
    transaction.append({ stream, project, key: whole, actor: system, events, ...(time === undefined ? {} : { time }) })
    return events.length
  }

/** What tells one list of texts from another. */
export const digest = (texts: ReadonlyArray<string>): string => hash("sha256", JSON.stringify(texts)).slice(0, 32)

/** How many files, and how much JSON of them, one event holds. A path alone may have 24 KiB, and there may be two. */
const mostFiles = 100
const mostJson = 32 * 1024

/** As many files together as an event holds. */
export function* portions<A>(files: Iterable<A>): Generator<ReadonlyArray<A>> {
  let some: Array<A> = []
  let size = 0
  for (const file of files) {
    const bytes = Buffer.byteLength(JSON.stringify(file))
    if (some.length > 0 && (some.length === mostFiles || size + bytes > mostJson)) {
      yield some
      some = []
      size = 0
    }
    some.push(file)
    size += bytes
  }
  if (some.length > 0) yield some
}
