/** Which project a folder belongs to, registering what is new about it on the way. */
import { hash } from "node:crypto"
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { projectStream, type ProjectId } from "../domain/Ids.ts"
import * as Project from "../domain/Project.ts"
import { EventLog } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import * as Projects from "../projections/Projects.ts"
import { Nexus } from "./Nexus.ts"
import { type Checkout, type GitFailed, type GitMissing, Repositories } from "./ports/Repositories.ts"

export interface Located {
  readonly project: ProjectId
  readonly checkout: Checkout
}

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
        const known = Project.recognise(Projects.list(transaction.database).map(Projects.stateOf), facts)
        const project = known?.id ?? Project.mintProjectId(hash("sha256", Project.identityText(facts)))
        const events = Project.observe(known, facts)
        if (events.length > 0) {
          transaction.append({ stream: projectStream(project), project, actor: { kind: "human", name: user }, events })
        }
        return { project, isNew: known === undefined }
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  })

/**
 * The project and checkout of a folder that a hook ran in; undefined outside of repositories. git is asked only for a
 * checkout that was never seen before, and what it cannot tell is no failure here.
 */
export const projectOf = (
  folder: string
): Effect.Effect<Located | undefined, LogFailure, EventLog | Nexus | Repositories> =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const repositories = yield* Repositories
    const known = Projects.list(database).flatMap((row) =>
      Projects.pathsOf(row).map((path) => [path, row.id as ProjectId] as const)
    )
    if (!existsSync(folder)) {
      // It was deleted meanwhile: the innermost checkout that it was in, if that is known.
      const inside = known
        .filter(([path]) => folder === path || folder.startsWith(`${path}/`))
        .sort(([a], [b]) => b.length - a.length)
      const [found] = inside
      return found === undefined ? undefined : { project: found[1], checkout: { top: found[0], path: found[0] } }
    }
    const checkout = repositories.checkoutOf(folder)
    if (checkout === undefined) return undefined
    const seen = known.find(([path]) => path === checkout.path)
    if (seen !== undefined) return { project: seen[1], checkout }
    return yield* registerCheckout(checkout).pipe(
      Effect.map(({ project }) => ({ project, checkout })),
      Effect.catchTags({ GitFailed: () => Effect.succeed(undefined), GitMissing: () => Effect.succeed(undefined) })
    )
  })
