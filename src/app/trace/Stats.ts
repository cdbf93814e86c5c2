/** `nexus trace stats`: how many of the lines that commits introduced each contributor wrote. */
import { posix } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AttributedCommit, AttributedRange, ContributorType } from "../../domain/attribution/Attribution.ts"
import type { Progress } from "../../projections/Projections.ts"
import { attributed } from "./CommitRecords.ts"

export const groupings = ["model", "author", "session", "directory", "week"] as const
export type Grouping = (typeof groupings)[number]

/** Lines by contributor; they add up to `lines`. `share`: of AI and mixed lines in all of them, from 0 to 1; 0 of none. */
export type Tally = Readonly<Record<ContributorType | "lines" | "share", number>>

export interface Stats {
  readonly by: Grouping
  /** Most lines first; weeks in their order. `key`: null for lines that have none. */
  readonly items: ReadonlyArray<{ readonly key: string | null } & Tally>
  readonly total: Tally
}

/** Over the commits of a range; without one, of everything since recording began. */
export const stats = (by: Grouping, range: string | undefined, report: Progress) =>
  attributed(range, report).pipe(
    Stream.runFold(new Map<string | null, Counts>(), (counts, commits) => {
      for (const commit of commits) count(counts, by, commit)
      return counts
    }),
    Effect.map((counts) => statsOf(by, counts))
  )

type Counts = Readonly<Record<ContributorType, number>>

const nothing: Counts = { ai: 0, human: 0, mixed: 0, unknown: 0 }

const count = (counts: Map<string | null, Counts>, by: Grouping, commit: AttributedCommit): void => {
  for (const { path, ranges } of commit.files) {
    for (const range of ranges) {
      const key = keyOf(by, commit, path, range)
      const before = counts.get(key) ?? nothing
      const { type } = range.contributor
      counts.set(key, { ...before, [type]: before[type] + range.end - range.start + 1 })
    }
  }
}

const keyOf = (by: Grouping, commit: AttributedCommit, path: string, range: AttributedRange): string | null => {
  switch (by) {
    case "model":
      return range.contributor.model_id ?? null
    case "author":
      return commit.author
    case "session":
      return range.session
    case "directory":
      return posix.dirname(path)
    case "week":
      return isoWeek(commit.authored)
  }
}

const statsOf = (by: Grouping, counts: ReadonlyMap<string | null, Counts>): Stats => {
  const items = [...counts].map(([key, of]) => ({ key, ...tally(of) }))
  const byKey = (a: Item, b: Item) => ((a.key ?? "") < (b.key ?? "") ? -1 : 1)
  return {
    by,
    items: items.sort((a, b) => (by === "week" ? 0 : b.lines - a.lines) || byKey(a, b)),
    total: tally([...counts.values()].reduce(sum, nothing))
  }
}

type Item = Stats["items"][number]

const sum = (a: Counts, b: Counts): Counts => ({
  ai: a.ai + b.ai,
  human: a.human + b.human,
  mixed: a.mixed + b.mixed,
  unknown: a.unknown + b.unknown
})

const tally = (counts: Counts): Tally => {
  const lines = counts.ai + counts.human + counts.mixed + counts.unknown
  return { ...counts, lines, share: lines === 0 ? 0 : (counts.ai + counts.mixed) / lines }
}

/** The week of a time (ISO 8601), by the date that is written in it: "2026-W01". It belongs to the year of its Thursday. */
export const isoWeek = (time: string): string => {
  const thursday = new Date(`${time.slice(0, 10)}T00:00:00Z`)
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7))
  const year = thursday.getUTCFullYear()
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1
  return `${year}-W${String(week).padStart(2, "0")}`
}
