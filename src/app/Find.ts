/** Sessions and projects by what a user calls them. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Database } from "../events/Database.ts"
import { EventLog } from "../events/EventLog.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import { nearest } from "./nearest.ts"

export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  what: Schema.String,
  name: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `There is no ${this.what} ${JSON.stringify(this.name)}. ${this.hint}`
  }
}

export class Ambiguous extends Schema.TaggedError<Ambiguous>()("Ambiguous", {
  what: Schema.String,
  name: Schema.String,
  matches: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${JSON.stringify(this.name)} is the beginning of several ${this.what}s: ${this.matches.slice(0, 5).join(", ")}. Give more of it.`
  }
}

/** The one of this name. `hint`: what there is. Fails with NotFound, which says which one may have been meant. */
export const named = <A>(
  what: string,
  name: string,
  items: ReadonlyArray<A>,
  nameOf: (item: A) => string,
  hint: string
): Effect.Effect<A, NotFound> => {
  const found = items.find((item) => nameOf(item) === name)
  if (found !== undefined) return Effect.succeed(found)
  const guess = nearest(name, items.map(nameOf))
  return new NotFound({ what, name, hint: `${guess === undefined ? "" : `Did you mean ${guess}? `}${hint}` })
}

/** By its id, the agent's own id, or the beginning of either. `database`: of the read models to look in. */
export const session = (name: string, database?: Database) =>
  Effect.gen(function* () {
    const where = database ?? (yield* EventLog).database
    const exact = Sessions.find(where, name)
    if (exact !== undefined) return exact
    const matches = name === "" ? [] : Sessions.matching(where, name)
    const [first, second] = matches
    if (first === undefined) {
      return yield* new NotFound({ what: "session", name, hint: "List them with: nexus sessions" })
    }
    if (second !== undefined && !matches.some((row) => row.id.endsWith(`:${name}`))) {
      return yield* new Ambiguous({ what: "session", name, matches: matches.map(({ id }) => id) })
    }
    return matches.find((row) => row.id.endsWith(`:${name}`)) ?? first
  })

/** By its id, its name, or a path in one of its checkouts ("." too). */
export const project = (name: string, cwd: string) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const all = Projects.list(database)
    const path = resolve(cwd, name)
    // A mistyped name must not count as a file of the project that one is in.
    const isPath = /^\.{1,2}$|\//.test(name) || existsSync(path)
    const inside = (top: string) => isPath && (path === top || path.startsWith(`${top}/`))
    const found =
      all.find((row) => row.id === name) ??
      all.find((row) => row.name === name) ??
      all.find((row) => row.paths.some(inside))
    if (found !== undefined) return found
    const guess = nearest(
      name,
      all.map((row) => row.name)
    )
    const hint = `${guess === undefined ? "" : `Did you mean ${guess}? `}Known are: ${all.map((row) => row.name).join(", ") || "none yet"}.`
    return yield* new NotFound({ what: "project", name, hint })
  })
