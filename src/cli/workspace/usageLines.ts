/** What workspaces use, as it is printed. */
import { isoTime } from "../../app/isoTime.ts"
import type { Sample } from "../../app/workspaces/keep/Samples.ts"
import type { Reading } from "../../app/workspaces/Measure.ts"
import type { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { shownBytes } from "./checkpointLines.ts"

/** An item of `nexus workspace stats --json`. */
export const usageView = ({ name, status, usage, why }: Reading) => ({
  name,
  status,
  ...(usage === undefined ? { ...sampleView({ time: 0 }), time: null } : sampleView(usage)),
  why: why ?? null
})

/** An item of `nexus workspace stats --history --json`. */
export const sampleView = (sample: Sample) => {
  const { time, cpus, memoryBytes, diskBytes, networkInBytes, networkOutBytes, processes } = sample
  return {
    time: isoTime(time),
    cpus: cpus ?? null,
    memoryBytes: memoryBytes ?? null,
    diskBytes: diskBytes ?? null,
    networkInBytes: networkInBytes ?? null,
    networkOutBytes: networkOutBytes ?? null,
    processes: processes ?? null
  }
}

export const usageTable = (items: ReadonlyArray<Reading>, { style }: Output["Type"]): ReadonlyArray<string> =>
  table(["NAME", "STATUS", "CPU", "MEMORY", "DISK", "NET IN", "NET OUT", "PROCESSES"], items.map(cells), style)

const cells = ({ name, status, usage }: Reading): ReadonlyArray<string> => {
  const bytes = (amount: number | undefined) => (amount === undefined ? "" : shownBytes(amount))
  return [
    name,
    status,
    usage?.cpus === undefined ? "" : percent(usage.cpus),
    bytes(usage?.memoryBytes),
    bytes(usage?.diskBytes),
    bytes(usage?.networkInBytes),
    bytes(usage?.networkOutBytes),
    usage?.processes === undefined ? "" : String(usage.processes)
  ]
}

const percent = (cpus: number): string => `${Math.round(cpus * 100)} %`

type Measure = Exclude<keyof Sample, "time">

const measures: ReadonlyArray<readonly [title: string, measure: Measure, shown: (value: number) => string]> = [
  ["CPU", "cpus", percent],
  ["memory", "memoryBytes", shownBytes],
  ["disk", "diskBytes", shownBytes],
  ["net in", "networkInBytes", shownBytes],
  ["net out", "networkOutBytes", shownBytes],
  ["processes", "processes", String]
]

const columns = 60

/** A line of bars for each measure that there is, over the time from `since` to `until`, and its least, greatest and last value. */
export const historyLines = (
  samples: ReadonlyArray<Sample>,
  { since, until }: { readonly since: number; readonly until: number },
  { style }: Output["Type"]
): ReadonlyArray<string> =>
  table(
    ["", "", "LEAST", "MOST", "LAST"],
    measures.flatMap(([title, measure, shown]) => {
      const values = samples.flatMap((sample) => sample[measure] ?? [])
      const last = values.at(-1)
      if (last === undefined) return []
      const line = bars(samples, measure, since, until)
      return [[title, line, shown(Math.min(...values)), shown(Math.max(...values)), shown(last)]]
    }),
    style
  )

const glyphs = "▁▂▃▄▅▆▇█"

/** The mean of each part of the time; nothing where there is no sample. */
const bars = (samples: ReadonlyArray<Sample>, measure: Measure, since: number, until: number): string => {
  const sums = Array.from({ length: columns }, () => ({ sum: 0, count: 0 }))
  const width = Math.max(1, until - since) / columns
  for (const sample of samples) {
    const value = sample[measure]
    const part = sums[Math.min(columns - 1, Math.max(0, Math.floor((sample.time - since) / width)))]
    if (value === undefined || part === undefined) continue
    part.sum += value
    part.count += 1
  }
  const means = sums.map(({ sum, count }) => (count === 0 ? undefined : sum / count))
  const most = Math.max(...means.map((mean) => mean ?? 0))
  return means
    .map((mean) =>
      mean === undefined ? " " : glyphs[most === 0 ? 0 : Math.round((mean / most) * (glyphs.length - 1))]
    )
    .join("")
}
