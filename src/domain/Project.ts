/**
 * A project: a repository, however many clones, worktrees and folders it has. It is recognised by its root commit and its
 * remote, never by its path alone, so that its history follows it through moves and second clones.
 */
import { ProjectId } from "./Ids.ts"
import type { CheckoutSeen, ProjectIdentified, ProjectRegistered } from "./ProjectEvents.ts"

/** What can be seen of a repository from one of its checkouts. */
export interface RepositoryFacts {
  /** The checkout's top folder, symbolic links resolved. */
  readonly path: string
  /** The oldest root commit; null in an empty or shallow repository. */
  readonly root: string | null
  /** `normaliseRemote` of origin; null where there is none. */
  readonly remote: string | null
  /** Of a linked worktree: the main checkout of its repository, symbolic links resolved. */
  readonly main?: string
}

export interface State {
  readonly id: ProjectId
  readonly root: string | null
  readonly remote: string | null
  readonly paths: ReadonlyArray<string>
}

export type ProjectFact =
  | { readonly type: "ProjectRegistered"; readonly payload: ProjectRegistered }
  | { readonly type: "ProjectIdentified"; readonly payload: ProjectIdentified }
  | { readonly type: "CheckoutSeen"; readonly payload: CheckoutSeen }

/**
 * Which of the known projects a repository is, if any. Forks share their root commit, so two known and different remotes
 * keep them apart. A repository without a commit is known by its path.
 */
export const recognise = (known: ReadonlyArray<State>, facts: RepositoryFacts): State | undefined => {
  // A linked worktree shares its repository with the main checkout, whatever commits it begins with.
  const { main } = facts
  const ofMain = main === undefined ? undefined : known.find((state) => state.paths.includes(main))
  if (ofMain !== undefined) return ofMain
  const sameRemote = (state: State) => state.remote === null || facts.remote === null || state.remote === facts.remote
  const byRoot = known.filter((state) => state.root !== null && state.root === facts.root && sameRemote(state))
  const best = byRoot.find((state) => state.remote === facts.remote) ?? byRoot[0]
  if (best !== undefined) return best
  const rootOpen = (state: State) => state.root === null || facts.root === null
  return (
    known.find((state) => rootOpen(state) && facts.remote !== null && state.remote === facts.remote) ??
    known.find((state) => rootOpen(state) && sameRemote(state) && state.paths.includes(facts.path))
  )
}

/** What to record about a repository that was just looked at. Nothing, when it is known as it is. */
export const observe = (state: State | undefined, facts: RepositoryFacts): ReadonlyArray<ProjectFact> => {
  if (state === undefined) {
    const { path, root, remote } = facts
    return [{ type: "ProjectRegistered", payload: { name: nameOf(facts), root, remote, path } }]
  }
  const events: Array<ProjectFact> = []
  const root = facts.root ?? state.root
  const remote = facts.remote ?? state.remote
  if (root !== state.root || remote !== state.remote)
    events.push({ type: "ProjectIdentified", payload: { root, remote } })
  if (!state.paths.includes(facts.path)) events.push({ type: "CheckoutSeen", payload: { path: facts.path } })
  return events
}

/** The state after one more fact. */
export const evolve = (state: State | undefined, id: ProjectId, fact: ProjectFact): State => {
  const before: State = state ?? { id, root: null, remote: null, paths: [] }
  switch (fact.type) {
    case "ProjectRegistered":
      return { id, root: fact.payload.root, remote: fact.payload.remote, paths: [fact.payload.path] }
    case "ProjectIdentified":
      return { ...before, ...fact.payload }
    case "CheckoutSeen":
      return { ...before, paths: [...before.paths, fact.payload.path] }
  }
}

/** The text that a new project's id is the hash of: the same on every device that meets the same repository first. */
export const identityText = (facts: RepositoryFacts): string =>
  facts.root !== null || facts.remote !== null ? `${facts.root ?? ""}\n${facts.remote ?? ""}` : `path\n${facts.path}`

/** `sha256`: of `identityText`, in hex. */
export const mintProjectId = (sha256: string): ProjectId => ProjectId.make(`prj_${sha256.slice(0, 16)}`)

/**
 * A remote's URL as it is compared: host and path, without protocol, user, password, port of the protocol, ".git" or case
 * of the host. `git@github.com:Ada/x.git` and `https://ada:secret@GitHub.com/Ada/x` are the same. Paths stay paths.
 */
export const normaliseRemote = (url: string): string => {
  const trimmed = url
    .trim()
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
  const full = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/]*@)?([^/]+)(\/.*)?$/i.exec(trimmed)
  if (full !== null) return `${(full[1] ?? "").toLowerCase().replace(/:(22|80|443|9418)$/, "")}${full[2] ?? ""}`
  const short = /^(?:[^/:]*@)?([^/:@]{2,}):(?!\/\/)(.+)$/.exec(trimmed)
  if (short !== null) return `${(short[1] ?? "").toLowerCase()}/${(short[2] ?? "").replace(/^\/+/, "")}`
  return trimmed
}

const nameOf = (facts: RepositoryFacts): string => {
  const last = (text: string) => text.split(/[/\\]/).findLast((part) => part !== "")
  return (facts.remote === null ? undefined : last(facts.remote)) ?? last(facts.path) ?? "project"
}
