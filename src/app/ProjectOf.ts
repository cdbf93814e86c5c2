/** Which project a folder belongs to, registering what is new about it on the way. */
import { hash } from "node:crypto"
import { existsSync } from "node:fs"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { projectStream, type ProjectId } from "../domain/Ids.ts"
import * as Project from "../domain/Project.ts"
import type { Database } from "../events/Database.ts"
import { EventLog, type Transaction } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import { isCurrent } from "../projections/Bookkeeping.ts"
import * as Projects from "../projections/Projects.ts"
import { Nexus } from "./Nexus.ts"
import { type Checkout, type GitFailed, type GitMissing, NotARepository, Repositories } from "./ports/Repositories.ts"

export interface Located {
  readonly project: ProjectId
  readonly checkout: Checkout
}

/** The checkout that the command was given in. */
export const checkoutHere = Effect.gen(function* () {
  const { cwd } = yield* Nexus
  const repositories = yield* Repositories
  const checkout = repositories.checkoutOf(cwd)
  return checkout ?? (yield* new NotARepository({ path: cwd, reason: yield* repositories.explain(cwd) }))
})

/** The project of a checkout: the one that is known, or newly registered. */
export const registerCheckout = (
  checkout: Checkout
): Effect.Effect<
  { readonly project: ProjectId; readonly isNew: boolean },
  LogFailure | GitFailed | GitMissing,
  EventLog | Nexus | Repositories
> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { user } = yield* Nexus
    const facts = yield* (yield* Repositories).facts(checkout)
    return yield* log
      .transact((transaction) => {
        const known = Project.recognise(knownProjects(transaction), facts)
        const project = known?.id ?? Project.mintProjectId(hash("sha256", Project.identityText(facts)))
        const events = Project.observe(known, facts)
        if (events.length > 0) {
          transaction.append({ stream: projectStream(project), project, actor: { kind: "human", name: user }, events })
        }
        return { project, isNew: known === undefined }
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  })

/** The project of the checkout that the command was given in. git is asked as `projectOf` asks it. */
export const projectHere = Effect.gen(function* () {
  const checkout = yield* checkoutHere
  return (yield* knownAt(checkout)) ?? (yield* registerCheckout(checkout)).project
})

/** Undefined for one that was never seen before, or had no commit then. */
const knownAt = (checkout: Checkout): Effect.Effect<ProjectId | undefined, never, EventLog | Repositories> =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const project = Projects.at(database, checkout.path)
    if (project === undefined) return undefined
    return isIdentified(database, project) || (yield* Repositories).isEmpty(checkout) ? project : undefined
  })

/**
 * The project and checkout of a folder that a hook ran in; undefined outside of repositories. git is asked only for a
 * checkout that was never seen before or had no commit then, and what it cannot tell is no failure here.
 */
export const projectOf = (
  folder: string
): Effect.Effect<Located | undefined, LogFailure, EventLog | Nexus | Repositories> =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const repositories = yield* Repositories
    // One that was deleted meanwhile was in the innermost checkout above it that is known.
    if (!existsSync(folder)) return knownAbove(database, folder)
    const checkout = repositories.checkoutOf(folder)
    if (checkout === undefined) return undefined
    const known = yield* knownAt(checkout)
    if (known !== undefined) return { project: known, checkout }
    const project = Projects.at(database, checkout.path)
    return yield* registerCheckout(checkout).pipe(
      Effect.map(({ project }) => ({ project, checkout })),
      Effect.catchTags({
        GitFailed: () => Effect.succeed(project === undefined ? undefined : { project, checkout }),
        GitMissing: () => Effect.succeed(project === undefined ? undefined : { project, checkout })
      })
    )
  })

/** Registered before its first commit, a project is known by its path alone, and another clone of it would be another one. */
export const isIdentified = (database: Database, project: ProjectId): boolean =>
  Projects.find(database, project)?.root !== null

const knownAbove = (database: Database, folder: string): Located | undefined => {
  for (let path = folder; dirname(path) !== path; path = dirname(path)) {
    const project = Projects.at(database, path)
    if (project !== undefined) return { project, checkout: { top: path, path } }
  }
  return undefined
}

/** From the read model when it is in step; else from the events, so that nothing is registered twice. */
const knownProjects = (transaction: Transaction): ReadonlyArray<Project.State> => {
  if (isCurrent(transaction.database, Projects.Projects)) return Projects.list(transaction.database)
  const states = new Map<string, Project.State>()
  const types = ["ProjectRegistered", "ProjectIdentified", "CheckoutSeen"]
  for (const event of transaction.page({ types }, Number.MAX_SAFE_INTEGER)) {
    if (event.payload === null || event.project === null) continue
    const fact = event as Project.ProjectFact
    states.set(event.project, Project.evolve(states.get(event.project), event.project as ProjectId, fact))
  }
  return [...states.values()]
}
