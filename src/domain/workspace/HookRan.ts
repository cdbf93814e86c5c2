/** How hooks of a workspace ended, and what follows from it. Pure, and quick to load. */
import type { Workspace } from "./Workspace.ts"
import type * as Events from "./WorkspaceEvents.ts"

export interface HookRan extends Pick<Events.WorkspaceCommandRan, "exit" | "timedOut"> {
  readonly name: string
  readonly number: number
  readonly of: number
}

/** All of its setup came to a good end, or there is none. */
export const isSetUp = ({ spec, hooks }: Pick<Workspace, "spec" | "hooks">): boolean =>
  !(spec.hooks ?? []).some(({ stage }) => stage === "setup") || isWell(hooks.setup)

/** The last of its stage, and it ended well or goes on. */
export const isWell = (ran: HookRan | undefined): boolean =>
  ran !== undefined && ran.number === ran.of && (ran.exit === 0 || ran.exit === null)
