/** A file under all its names, as the read models know it: recorded changes, commits, and what it was before them. */
import type { CommitFact, CommitFile, Facts } from "../../domain/attribution/Facts.ts"
import { isRewriteOf } from "../../domain/attribution/Creation.ts"
import type { ProjectId } from "../../domain/Ids.ts"
import type { Database } from "../../events/Database.ts"
import * as Changes from "../../projections/Attribution.ts"
import * as History from "../../projections/History.ts"

export interface Family {
  /** The file's path and every one that it had before. */
  readonly names: ReadonlySet<string>
  readonly changes: ReadonlyArray<Changes.TimedChange>
  readonly files: ReadonlyArray<CommitFile>
  /** See `Facts`. */
  readonly baselines: ReadonlyArray<string>
  readonly found: ReadonlyArray<string>
}

export const fileOf = (row: History.ChangedFileRow): CommitFile => ({ ...row, from: row.origin })

/** By commit: those that are the same change made again, or that it is made of; see `isRewriteOf`. */
export const remadeBy = (commits: ReadonlyMap<string, CommitFact>, precedes: Facts["precedes"]) => {
  const keyOf = ({ authorKey, authored }: CommitFact) => `${authorKey} ${authored}`
  const alike = Map.groupBy(commits.values(), keyOf)
  return (commit: string): ReadonlyArray<string> => {
    const fact = commits.get(commit)
    const others = fact === undefined ? [] : (alike.get(keyOf(fact)) ?? [])
    return others.flatMap((other) =>
      fact !== undefined && isRewriteOf({ precedes }, fact, other) ? [other.commit] : []
    )
  }
}

export const familyFrom = ({
  database,
  project,
  path,
  until,
  sequence,
  more,
  otherNames
}: {
  readonly database: Database
  readonly project: ProjectId
  readonly path: string
  readonly until: number
  /** Compares commits by when they came to be; see `bySequence`. */
  readonly sequence: (one: string, other: string) => number
  readonly more: ReadonlyArray<CommitFile>
  /** What commits that are the same changes as these did to files, under whatever name. */
  readonly otherNames: (files: ReadonlyArray<CommitFile>) => ReadonlyArray<CommitFile>
}): Family => {
  const names = new Set([path])
  for (let size = 0; size < names.size;) {
    size = names.size
    const renamed = [
      ...History.changesNamed(database, project, [...names]).map(fileOf),
      ...more.filter((file) => names.has(file.path))
    ]
    for (const { from } of renamed) if (from !== null) names.add(from)
    // A change that was made again without a rename before it went to another name.
    const strangers = otherNames(renamed).filter((file) => !names.has(file.path))
    for (const { path: other, origin } of History.changesNamed(
      database,
      project,
      strangers.map((file) => file.path)
    ))
      if (origin !== null && names.has(origin)) names.add(other)
    for (const { origin } of Changes.changesOf(database, project, [...names], until))
      if (origin !== null) names.add(origin)
  }
  const added = more.filter(({ commit, path }) => commit !== "" && names.has(path))
  const files = [...History.changesNamed(database, project, [...names]).map(fileOf), ...added].sort((a, b) =>
    sequence(a.commit, b.commit)
  )
  const made = new Set(files.map(({ after }) => after))
  const baselines = files.flatMap(({ before }) => (before === null || made.has(before) ? [] : [before]))
  const found = History.baselinesOf(database, project, [...names])
  return { names, files, baselines, found, changes: Changes.changesOf(database, project, [...names], until) }
}
