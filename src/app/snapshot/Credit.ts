/** Whose a change is that happened while a call ran. Pure: it is decided from what is known of everybody who was there. */
import type { FileEdited } from "../../domain/SessionEvents.ts"
import type { CommandWrites } from "./ShellCommand.ts"

/** "another": another call's, or git's; "person": nobody's who is recorded. */
export type Credit = NonNullable<FileEdited["claim"]> | "another" | "person"

export interface Circumstances {
  readonly command: CommandWrites
  /** The call speaks of other files that changed meanwhile, and of none in this one's folder or above. */
  readonly doubtful: boolean
  /** The call went on when its agent had stopped. */
  readonly idle: boolean
  /** The blob id of what the file holds now; null: it is gone; undefined: not known. */
  readonly after: string | null | undefined
  /** Other calls that are under way in this checkout. */
  readonly others: ReadonlyArray<{
    readonly sameSession: boolean
    readonly background: boolean
    readonly command: CommandWrites
  }>
  /** What other calls are recorded to have made of this file since. */
  readonly edits: ReadonlyArray<{ readonly sameSession: boolean; readonly after: string | null | undefined }>
  /** What the file was seen to hold since, outside of calls. */
  readonly seen: ReadonlyArray<{ readonly by: string; readonly content: string | null }>
}

export const creditFor = (file: string, at: Circumstances): Credit => {
  const written = at.command.names(file)
  // The client may count in what changed meanwhile. A person's it is only when nobody else was there who could have done it.
  if (at.command.closed && !written)
    return at.command.history || at.others.length > 0 || at.edits.length > 0 ? "another" : "person"
  const same = (content: string | null | undefined) => content !== undefined && content === at.after
  const [last] = at.edits.slice(-1)
  if (last !== undefined && same(last.after)) return "another"
  if (at.edits.some(({ sameSession }) => !sameSession)) return "contested"
  const rivals = at.others.filter(({ command }) => !command.closed || command.names(file))
  if (!written && rivals.some(({ command }) => command.names(file))) return "another"
  const strangers = rivals.filter(({ sameSession, background }) => !sameSession && !background)
  if (strangers.some(({ command }) => !written || command.names(file))) return "contested"
  // The watcher sees what the call writes as well.
  if (at.seen.some(({ by, content }) => by === "editor" || (by === "watch" && !same(content)))) return "contested"
  if (written) return "named"
  return at.idle || at.doubtful || at.command.checks ? "contested" : "window"
}
