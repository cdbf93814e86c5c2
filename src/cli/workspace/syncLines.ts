/** File syncs as they are printed. */
import { isoTime } from "../../app/isoTime.ts"
import type { KnownConflict } from "../../app/ports/SyncMemory.ts"
import type { Status } from "../../app/sync/Sync.ts"
import type { Flushed } from "../../app/workspaces/sync/Bring.ts"
import type { PairName } from "../../app/workspaces/sync/Pairs.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { shownTime } from "../shownTime.ts"

interface Found {
  readonly workspace: Workspace
  readonly states: ReadonlyArray<{ readonly pair: PairName; readonly state: Status }>
  readonly isWatched: boolean
}

const words: Readonly<Record<PairName, string>> = { files: "files", git: "git", spool: "agents' events" }

/** `nexus workspace sync status --json`. */
export const statusView = ({ workspace, states, isWatched }: Found) => ({
  workspace: workspace.name,
  watched: isWatched,
  ignore: workspace.spec.sync?.ignore ?? [],
  syncs: states.map(({ pair, state }) => ({
    of: pair,
    status: state.word,
    same: state.isSame,
    halt: state.halt,
    failure: state.failure,
    host: state.host,
    workspace: state.workspace,
    steps: state.steps,
    done: state.done,
    bytes: state.bytes,
    conflicts: state.conflictCount,
    problems: state.problems,
    problemCount: state.problemCount,
    rounds: state.rounds,
    last: state.roundAt === 0 ? null : isoTime(state.roundAt)
  }))
})

export const statusLines = ({ workspace, states, isWatched }: Found): ReadonlyArray<string> => [
  `${workspace.name} is ${workspace.status}; ${isWatched ? "its files are kept the same all the time" : "its files are made the same around each command"}.`,
  ...states.flatMap(({ pair, state }) => [
    `${words[pair]}: ${state.word}, ${state.rounds === 0 ? "never made the same yet" : `${state.isSame ? "the same on both sides" : "not the same"} at ${shownTime(isoTime(state.roundAt))} (${state.host.files} files here, ${state.workspace.files} inside)`}`,
    ...(state.halt === null ? [] : [`  stands still: ${state.halt.detail}. ${state.halt.advice}`]),
    ...(state.failure === null ? [] : [`  last failure: ${state.failure}`]),
    ...(state.conflictCount === 0
      ? []
      : [`  ${state.conflictCount} conflicts: nexus workspace sync conflicts ${workspace.name}`]),
    ...problemLines(state.problems.slice(0, 10)),
    ...(state.problemCount > 10 ? [`  … and ${state.problemCount - 10} more`] : [])
  ])
]

const problemLines = (problems: Flushed["problems"]): ReadonlyArray<string> =>
  problems.map(({ side, path, why }) => `  not synced: ${path} (${side}) ${why}`)

export const flushLines = ({
  workspace,
  steps,
  bytes,
  problems
}: Flushed & { readonly workspace: Workspace }): ReadonlyArray<string> => [
  problems.length === 0
    ? `${workspace.name} has the same files inside and out here (${steps} steps, ${bytes} bytes).`
    : `${workspace.name} has the same files inside and out here, but for ${problems.length}:`,
  ...problemLines(problems.slice(0, 20))
]

interface Conflicts {
  readonly workspace: Workspace
  readonly conflicts: ReadonlyArray<KnownConflict>
}

export const conflictsView = ({ workspace, conflicts }: Conflicts) => ({
  workspace: workspace.name,
  conflicts: conflicts.map(({ path, copy, side, at }) => ({ path, copy, side, at: isoTime(at) }))
})

export const conflictLines = ({ workspace, conflicts }: Conflicts): ReadonlyArray<string> =>
  conflicts.length === 0
    ? [`Nothing was changed on both sides of ${workspace.name}.`]
    : [
        ...conflicts.map(
          ({ path, copy, side, at }) => `${path}: the ${side}'s version of ${shownTime(isoTime(at))} is ${copy}`
        ),
        "Keep what you want, and delete the copies."
      ]
