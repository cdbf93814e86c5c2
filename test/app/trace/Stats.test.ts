import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { groupings, isoWeek, type Grouping, stats, type Tally } from "../../../src/app/trace/Stats.ts"
import { git, session, type World, world } from "../world.ts"
import { attributedRepository, commitNow } from "./attributedRepository.ts"

/** Of the same commits, by each of these. */
const statsOf = (at: World, folder: string, range: string, ...by: ReadonlyArray<Grouping>) =>
  at.run(
    Effect.forEach(by, (grouping) => stats(grouping, range, () => undefined)),
    folder
  )

const opus = "anthropic/claude-opus-5-5"

describe("Statistics", () => {
  it("count the lines that commits introduced, most first", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const ai = { ai: 3, human: 0, mixed: 0, unknown: 0, lines: 3, share: 1 }
    const human = { ai: 0, human: 1, mixed: 0, unknown: 0, lines: 1, share: 0 }
    const all = { ai: 3, human: 1, mixed: 0, unknown: 0, lines: 4, share: 0.75 }
    const authored = new Date(1000 * Number(git(folder, "show", "--no-patch", "--format=%at"))).toISOString()
    const items = [
      { key: opus, ...ai },
      { key: null, ...human }
    ]
    expect(await statsOf(at, folder, "HEAD", ...groupings)).toStrictEqual([
      { by: "model", items, total: all },
      { by: "author", items: [{ key: "a", ...all }], total: all },
      { by: "session", items: [{ ...items[0], key: `claude:${session}` }, items[1]], total: all },
      { by: "directory", items: [{ key: "src", ...all }], total: all },
      { by: "week", items: [{ key: isoWeek(authored), ...all }], total: all }
    ])
  })

  it("add up, however they are grouped", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    at.put("project/README.md", "# By hand\n\nMore.\n")
    at.put("project/src/deep/more.ts", "x\n")
    git(folder, "add", "--all")
    commitNow(folder, "More")
    const all = await statsOf(at, folder, "HEAD", ...groupings)
    for (const { items, total } of all) {
      expect(total).toStrictEqual(all[0]?.total)
      const sum = (name: keyof Tally) => items.reduce((before, item) => before + item[name], 0)
      for (const name of ["ai", "human", "mixed", "unknown", "lines"] as const) expect(sum(name)).toBe(total[name])
      for (const { ai, human, mixed, unknown, lines, share } of [...items, total]) {
        expect(ai + human + mixed + unknown).toBe(lines)
        expect(share).toBe((ai + mixed) / lines)
      }
    }
    expect(all[0]?.total.lines).toBe(8)
  })

  it("are of the range alone, and of an empty one nothing", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    at.put("project/more.ts", "x\ny\n")
    git(folder, "add", "--all")
    commitNow(folder, "More")
    const total = { ai: 0, human: 0, mixed: 0, unknown: 0, lines: 0, share: 0 }
    expect(await statsOf(at, folder, `${head}..HEAD`, "directory")).toMatchObject([{ items: [{ key: ".", lines: 2 }] }])
    expect(await statsOf(at, folder, "HEAD..HEAD", "week")).toStrictEqual([{ by: "week", items: [], total }])
  })
})

describe("A week", () => {
  // ISO 8601: the first week of a year is that of its first Thursday.
  it.each([
    ["2026-01-01T00:00:00Z", "2026-W01"],
    ["2025-12-29T00:00:00Z", "2026-W01"],
    ["2025-12-28T23:59:59Z", "2025-W52"],
    ["2027-01-03T12:00:00Z", "2026-W53"],
    ["2027-01-04T12:00:00Z", "2027-W01"],
    ["2024-12-30T12:00:00+14:00", "2025-W01"]
  ])("of %s is %s", (time, week) => {
    expect(isoWeek(time)).toBe(week)
  })

  it("goes from Monday to Sunday, and the next has another name that sorts behind it", () => {
    const mondays = fc.integer({ min: 0, max: 4000 }).map((weeks) => Date.UTC(2000, 0, 3) + weeks * 604_800_000)
    fc.assert(
      fc.property(mondays, (monday) => {
        const weeks = Array.from({ length: 8 }, (_, day) => isoWeek(new Date(monday + day * 86_400_000).toISOString()))
        expect(new Set(weeks.slice(0, 7)).size).toBe(1)
        expect((weeks[7] ?? "") > (weeks[0] ?? "")).toBe(true)
      })
    )
  })
})
