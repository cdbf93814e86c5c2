/** The workspaces of the project that the command was given in, by what a user calls them. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type WorkspaceId, WorkspaceName, workspaceStream } from "../../domain/workspace/Ids.ts"
import { evolve, isWorkspaceFact, type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { EventLog, type Transaction } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { projectHere } from "../ProjectOf.ts"
import { NotFound } from "../Find.ts"
import { nearest } from "../nearest.ts"
import { type Backend, Backends, BackendUnavailable } from "../ports/Backend.ts"

/** Of this project, or of all; not those that are deleted. */
export const list = (everywhere: boolean) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    return Rows.list(database, everywhere ? undefined : yield* projectHere)
  })

/** One that is not deleted. Fails with NotFound. */
export const find = (name: string) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const byId = Rows.byId(database, name)
    if (byId !== undefined) return byId
    const project = yield* projectHere
    const found = Rows.named(database, project, name)
    if (found !== undefined && found.workspace.status !== "deleted") return found
    const names = Rows.list(database, project).map(({ workspace }) => workspace.name)
    return yield* missing(name, names)
  })

const missing = (name: string, names: ReadonlyArray<string>) => {
  const guess = nearest(name, names)
  return new NotFound({
    what: "workspace",
    name,
    hint: `${guess === undefined ? "" : `Did you mean ${guess}? `}${
      names.length === 0 ? `Make it: nexus workspace create ${nameLike(name)}` : "List them: nexus workspace list"
    }`
  })
}

/** As it is now, whatever this transaction did to it. */
export const stateIn = (transaction: Transaction, id: WorkspaceId): Workspace | undefined =>
  transaction
    .page({ stream: workspaceStream(id) }, Number.MAX_SAFE_INTEGER)
    .reduce((state: Workspace | undefined, event) => (isWorkspaceFact(event) ? evolve(state, event) : state), undefined)

/** The nearest name that is allowed. */
const nameLike = (text: string): string =>
  text
    .normalize("NFKD")
    // Accents stand apart from their letters now.
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, 48)
    .replace(/-$/, "") || "feat-x"

/** What a new workspace may not be called: what git or a reader would take for something else. */
const reserved = new Set(["head", "main", "master", "nexus", "localhost", "all"])

export const checkName = (text: string): Either.Either<WorkspaceName, WorkspaceRefused> => {
  const name = Schema.decodeUnknownEither(WorkspaceName)(text)
  if (Either.isLeft(name))
    return Either.left(
      new WorkspaceRefused({
        reason: `${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)} can't be the name of a workspace: it is a folder, a branch and a host name, so lower-case letters, digits and single hyphens, a letter first, at most 48.`,
        hint: `Such as: ${nameLike(text)}`
      })
    )
  return reserved.has(text)
    ? Either.left(new WorkspaceRefused({ reason: `${text} is reserved.`, hint: `Such as: ${text}-work` }))
    : Either.right(name.right)
}

/** Fails with BackendUnavailable for a name that none has. */
export const backendNamed = (name: string): Effect.Effect<Backend, BackendUnavailable, Backends> =>
  Effect.flatMap(Backends, ({ all, named }) => {
    const backend = all.find((one) => one.name === name) ?? named?.(name)
    return backend === undefined
      ? new BackendUnavailable({
          backend: name,
          reason: "this Nexus has none of that name",
          advice: `There are: ${all.map((one) => one.name).join(", ")}.`
        })
      : Effect.succeed(backend)
  })
