/** What becomes of one path, given what it was when both sides last agreed and what it is on each. */
import { type Entry, type File, otherSide, sameEntry, type SideName } from "./Entry.ts"

export interface Versions {
  /** When both sides last agreed; undefined when nothing was there, or nobody knows. */
  readonly ancestor: Entry | undefined
  readonly host: Entry | undefined
  readonly workspace: Entry | undefined
}

export interface Merged {
  readonly entry: Entry | undefined
  /** The side whose version differs and does not keep the name: it is to be kept beside it. Never a folder. */
  readonly loser?: SideName
  /** The side that changed what the other deleted: the change stays. */
  readonly revivedBy?: SideName
}

/**
 * A change on one side alone is taken over. Of two changes that differ, a deletion gives way, a folder keeps the name, and else the
 * preferred side does. Content and executable bit are merged each by itself.
 */
export const mergeEntry = ({ ancestor, host, workspace }: Versions, prefer: SideName): Merged => {
  if (sameEntry(host, workspace)) return { entry: host }
  if (sameEntry(host, ancestor)) return { entry: workspace }
  if (sameEntry(workspace, ancestor)) return { entry: host }
  if (host === undefined) return { entry: workspace, revivedBy: "workspace" }
  if (workspace === undefined) return { entry: host, revivedBy: "host" }
  if (host.kind === "folder") return { entry: host, loser: "workspace" }
  if (workspace.kind === "folder") return { entry: workspace, loser: "host" }
  if (host.kind === "file" && workspace.kind === "file") {
    const merged = mergeFiles(ancestor?.kind === "file" ? ancestor : undefined, host, workspace, prefer)
    if (merged !== undefined) return { entry: merged }
  }
  return { entry: prefer === "host" ? host : workspace, loser: otherSide(prefer) }
}

/** Undefined when both contents changed, to different ones. */
const mergeFiles = (ancestor: File | undefined, host: File, workspace: File, prefer: SideName): File | undefined => {
  const hash =
    host.hash === workspace.hash || workspace.hash === ancestor?.hash
      ? host.hash
      : host.hash === ancestor?.hash
        ? workspace.hash
        : undefined
  if (hash === undefined) return undefined
  // Of two values, one that is not the ancestor's is a change; when they differ, exactly one of them is.
  const executable =
    host.executable === workspace.executable
      ? host.executable
      : ancestor === undefined
        ? (prefer === "host" ? host : workspace).executable
        : !ancestor.executable
  return { kind: "file", hash, executable }
}
