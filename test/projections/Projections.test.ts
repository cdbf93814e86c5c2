import { spawnSync } from "node:child_process"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe, expect, it } from "vitest"
import type { Commit } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { all } from "../../src/projections/all.ts"
import { type Projection, table } from "../../src/projections/Projection.ts"
import { Projections } from "../../src/projections/Projections.ts"
import { logAt, scratch } from "../support/log.ts"

interface Count {
  readonly hook: string
  readonly count: number
  readonly sum: number
  readonly made: number
}
interface Seen {
  readonly position: number
  readonly hook: string
}

const counts = table<Count>({
  name: "counts",
  columns: { hook: "TEXT", count: "INTEGER", sum: "INTEGER", made: "INTEGER" },
  key: ["hook"],
  indexes: [["count"]]
})
const seen = table<Seen>({
  name: "seen",
  columns: { position: "INTEGER", hook: "TEXT" },
  key: ["position"],
  appendOnly: true
})

/** Counts hook events by name. It has put rows into both tables by the time that it fails on the event "bad". */
const counter = (version: number, failsOn = "none"): Projection => ({
  name: "counter",
  version,
  tables: [counts, seen],
  apply: (event, tables) => {
    if (event.type !== "HookReceived") return
    const { hook } = event.payload
    const add = (name: string) => {
      const row = tables(counts).get(name)
      const { count = 0, sum = 0 } = row ?? {}
      tables(counts).put({ hook: name, count: count + 1, sum: sum + event.position, made: version })
    }
    add(hook)
    tables(seen).put({ position: event.position, hook })
    add("all")
    add("all")
    if (hook === failsOn) throw new Error(`cannot take ${hook}`)
  }
})

const hooks = (...names: ReadonlyArray<string>): Commit => ({
  stream: "session/claude:a",
  correlation: "claude:a",
  actor: { kind: "agent", name: "claude" },
  time: 1,
  events: names.map((hook) => ({ type: "HookReceived", payload: { hook } }))
})

const append = (...names: ReadonlyArray<string>) => Effect.flatMap(EventLog, (log) => log.append([hooks(...names)]))

const rows = Effect.map(EventLog, ({ database }) => ({
  counts: database.sqlite.prepare("SELECT hook, count, sum, made FROM counts ORDER BY hook").raw().all(),
  seen: database.sqlite.prepare("SELECT position, hook FROM seen ORDER BY position").raw().all()
}))

const of = (name: string) =>
  Effect.flatMap(Projections, ({ status }) =>
    Effect.map(status, (found) => {
      const one = found.find((status) => status.name === name)
      if (one === undefined) throw new Error(`${name} has no status`)
      return one
    })
  )

/** A log in a folder, opened anew with other projections each time. */
const logIn = (folder: { readonly path: string }) => {
  const path = join(folder.path, "nexus.db")
  return {
    path,
    with: <A, E>(projections: ReadonlyArray<Projection>, program: Effect.Effect<A, E, EventLog | Projections>) =>
      Effect.runPromise(program.pipe(Effect.provide(logAt(path, projections))))
  }
}

const tablesOf = (path: string): ReadonlyArray<unknown> => {
  const reader = new Sqlite(path, { readonly: true })
  try {
    return reader.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'index') ORDER BY 1").pluck().all()
  } finally {
    reader.close()
  }
}

const catchUp = Effect.flatMap(Projections, (projections) => projections.catchUp())

describe("a projection that fails on an event", () => {
  it("is degraded since then, keeps nothing of that event, and goes on with the next", async () => {
    using folder = scratch()
    await logIn(folder).with(
      [counter(1, "bad")],
      Effect.gen(function* () {
        yield* append("a", "bad", "b")
        yield* append("bad")
        yield* append("a")
        expect(yield* rows).toEqual({
          counts: [
            ["a", 2, 6, 1],
            ["all", 6, 18, 1],
            ["b", 1, 3, 1]
          ],
          seen: [
            [1, "a"],
            [3, "b"],
            [5, "a"]
          ]
        })
        expect(yield* of("counter")).toMatchObject({ faults: 2, degradedSince: 2, current: true, position: 5 })
        expect(
          (yield* EventLog).database.sqlite.prepare("SELECT position, error FROM projection_faults").raw().all()
        ).toEqual([
          [2, "cannot take bad"],
          [4, "cannot take bad"]
        ])
        const [check] = yield* (yield* Projections).check([])
        expect(check).toMatchObject({ same: true })
      })
    )
  })

  it("stays degraded when it is rebuilt as it is, and heals when it is rebuilt with better code", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with([counter(1, "bad")], append("a", "bad", "b"))
    await log.with(
      [counter(1, "bad")],
      Effect.gen(function* () {
        yield* (yield* Projections).rebuild([])
        expect(yield* of("counter")).toMatchObject({ faults: 1, degradedSince: 2 })
      })
    )
    await log.with(
      [counter(2)],
      Effect.gen(function* () {
        yield* catchUp
        expect(yield* of("counter")).toMatchObject({ faults: 0, degradedSince: null, current: true, builtWith: 2 })
        expect((yield* rows).seen).toHaveLength(3)
      })
    )
  })

  it("does not stop the append, nor other projections", async () => {
    using folder = scratch()
    await logIn(folder).with(
      [counter(1, "bad"), ...all],
      Effect.gen(function* () {
        yield* append("bad")
        expect((yield* (yield* EventLog).head).position).toBe(1)
        expect(yield* of("timeline")).toMatchObject({ faults: 0, position: 1 })
      })
    )
  })
})

describe("a projection whose version was raised", () => {
  it("does not stop appends, keeps its old rows meanwhile, and has everything once it caught up", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with([counter(1)], append("a"))
    await log.with(
      [counter(2)],
      Effect.gen(function* () {
        yield* append("b")
        yield* append("c")
        expect(yield* of("counter")).toMatchObject({ current: false, version: 2, builtWith: 1, position: 1 })
        expect((yield* rows).counts.map(([hook, , , made]: any) => [hook, made])).toEqual([
          ["a", 1],
          ["all", 1]
        ])
        yield* catchUp
        expect(yield* of("counter")).toMatchObject({ current: true, version: 2, builtWith: 2, position: 3 })
        expect((yield* rows).counts.map(([hook, , , made]: any) => [hook, made])).toEqual([
          ["a", 2],
          ["all", 2],
          ["b", 2],
          ["c", 2]
        ])
        yield* append("d")
        expect(yield* of("counter")).toMatchObject({ current: true, position: 4 })
      })
    )
  })

  it("is made anew by each version that opens the log, also an older one", async () => {
    using folder = scratch()
    const log = logIn(folder)
    for (const version of [1, 2, 1, 3]) {
      const found = await log.with([counter(version)], Effect.zipRight(Effect.zipRight(append("a"), catchUp), rows))
      expect(found.counts.every((row: any) => row[3] === version)).toBe(true)
      expect(found.seen).toHaveLength(
        await log.with(
          [counter(version)],
          Effect.map(rows, (now) => now.seen.length)
        )
      )
    }
  })

  it("is never seen half built, whenever another connection looks while it is rebuilt", async () => {
    using folder = scratch()
    const log = logIn(folder)
    const names = Array.from({ length: 2500 }, (_, index) => `hook-${index % 50}`)
    await log.with([counter(1)], Effect.zipRight(append(...names), append(...names)))
    const reader = new Sqlite(log.path, { readonly: true })
    const looks: Array<unknown> = []
    const look = () =>
      looks.push(
        reader
          .prepare(
            "SELECT (SELECT count(*) FROM counts), (SELECT count(*) FROM seen), min(made), max(made), sum(count) FROM counts"
          )
          .raw()
          .get()
      )
    const next = counter(2)
    const watched: Projection = {
      ...next,
      apply: (event, tables, contents) => {
        if (event.position % 500 === 0) look()
        next.apply(event, tables, contents)
      }
    }
    await log.with(
      [watched],
      Effect.flatMap(Projections, (projections) => projections.catchUp(look))
    )
    expect(looks.length).toBeGreaterThan(10)
    expect(new Set(looks.map(String))).toEqual(new Set(["51,5000,1,1,15000"]))
    look()
    reader.close()
    expect(looks.at(-1)).toEqual([51, 5000, 2, 2, 15000])
    expect(tablesOf(log.path).filter((name) => String(name).includes("__"))).toEqual([])
  })

  it("has what others appended while it was rebuilt", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with([counter(1)], append(...Array.from({ length: 4500 }, () => "early")))
    let appended = 0
    await log.with(
      [counter(2)],
      Effect.gen(function* () {
        // As another process does it, with the version before, over a connection of its own.
        const late = Effect.forEach(
          Array.from({ length: 40 }),
          () =>
            Effect.zipRight(
              append("late"),
              Effect.sync(() => (appended += 1))
            ),
          { discard: true }
        ).pipe(Effect.provide(logAt(log.path, [counter(1)])))
        yield* Effect.all([catchUp, late], { concurrency: "unbounded", discard: true })
        yield* catchUp
        expect(appended).toBe(40)
        expect((yield* rows).counts).toEqual([
          ["all", 9080, expect.any(Number), 2],
          ["early", 4500, expect.any(Number), 2],
          ["late", 40, expect.any(Number), 2]
        ])
        expect(yield* of("counter")).toMatchObject({ current: true, position: 4540 })
        const [check] = yield* (yield* Projections).check([])
        expect(check).toMatchObject({ same: true })
      })
    )
  })
})

describe("a new projection", () => {
  it("on a log that has events already is built when it catches up, and kept in step from then on", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with(all, append("a", "b"))
    await log.with(
      [...all, counter(1)],
      Effect.gen(function* () {
        expect(yield* of("counter")).toMatchObject({ current: false, builtWith: 0, position: 0 })
        yield* append("c")
        yield* catchUp
        yield* append("d")
        expect((yield* rows).seen).toHaveLength(4)
        expect(yield* of("counter")).toMatchObject({ current: true, position: 4 })
      })
    )
    expect(tablesOf(log.path)).toEqual(expect.arrayContaining(["counts", "seen", "counts_count"]))
  })

  it("that was not built yet can be asked for its check without a crash", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with(all, append("a"))
    const checked = await log.with([counter(1)], Effect.exit(Effect.flatMap(Projections, (one) => one.check([]))))
    if (Exit.isSuccess(checked)) expect(checked.value).toMatchObject([{ name: "counter", same: false }])
    else expect(checked.cause._tag).toBe("Fail")
  })

  it("nobody has heard of is named in the error, with those that are known", async () => {
    using folder = scratch()
    const unknown = logIn(folder).with(
      all,
      Effect.flatMap(Projections, (one) => one.rebuild(["sessions", "moods"]))
    )
    await expect(unknown).rejects.toThrow(/no projection moods.*sessions/)
  })
})

describe("what a killed rebuild left behind", () => {
  const leave = (path: string, suffix: string, pid: number) => {
    const writer = new Sqlite(path)
    writer.exec(
      `CREATE TABLE "counts${suffix}" (x); CREATE TABLE "seen${suffix}" (x); INSERT INTO "seen${suffix}" VALUES (1)`
    )
    writer.prepare("INSERT INTO projection_rebuilds (suffix, pid, started) VALUES (?, ?, 1)").run(suffix, pid)
    writer.close()
  }

  it("is dropped by the next rebuild, and the old rows were there all the time", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with([counter(1)], append("a", "b"))
    const before = tablesOf(log.path)
    leave(log.path, "__dead", spawnSync(process.execPath, ["-e", ""]).pid)
    expect((await log.with([counter(1)], rows)).seen).toHaveLength(2)
    await log.with(
      [counter(1)],
      Effect.flatMap(Projections, (one) => one.rebuild([]))
    )
    expect(tablesOf(log.path)).toEqual(before)
    expect((await log.with([counter(1)], rows)).seen).toHaveLength(2)
  })

  it("is left alone while its process lives", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with([counter(1)], append("a"))
    leave(log.path, "__alive", process.ppid)
    await log.with(
      [counter(1)],
      Effect.flatMap(Projections, (one) => one.rebuild([]))
    )
    expect(tablesOf(log.path)).toEqual(expect.arrayContaining(["counts__alive", "seen__alive"]))
  })

  it("is nothing when the rebuild failed by itself", async () => {
    using folder = scratch()
    const log = logIn(folder)
    await log.with([counter(1)], append("a"))
    const before = tablesOf(log.path)
    const broken: Projection = {
      ...counter(2),
      apply: (_, tables) => tables(counts).put({ hook: "x", count: "no number" as unknown as number, sum: 0, made: 2 })
    }
    const failed = await log.with([broken], Effect.exit(catchUp))
    expect(Exit.isFailure(failed)).toBe(true)
    expect(tablesOf(log.path)).toEqual(before)
    expect((await log.with([counter(1)], rows)).seen).toHaveLength(1)
  })
})

describe("check", () => {
  const changed = async (sql: string) => {
    using folder = scratch()
    const log = logIn(folder)
    return log.with(
      [counter(1), ...all],
      Effect.gen(function* () {
        yield* append("a", "b")
        ;(yield* EventLog).database.sqlite.exec(sql)
        const checks = yield* (yield* Projections).check([])
        expect(checks.filter(({ name }) => name !== "counter").every(({ same }) => same)).toBe(true)
        return checks.find(({ name }) => name === "counter")
      })
    )
  }

  it("finds nothing where nothing was changed", async () =>
    expect(await changed("SELECT 1")).toEqual({ name: "counter", position: 2, same: true, differences: [] }))

  it("names a row that was changed by hand, as it is and as it should be", async () =>
    expect(await changed("UPDATE counts SET count = 7 WHERE hook = 'b'")).toMatchObject({
      same: false,
      differences: [{ table: "counts", live: ["b", 7, 2, 1], derived: ["b", 1, 2, 1] }]
    }))

  it("names a row that was taken out, one that was put in, and one whose key was changed", async () => {
    expect(await changed("DELETE FROM seen WHERE position = 1")).toMatchObject({
      differences: [{ table: "seen", live: null, derived: [1, "a"] }]
    })
    expect(await changed("INSERT INTO counts VALUES ('c', 1, 1, 1)")).toMatchObject({
      differences: [{ table: "counts", live: ["c", 1, 1, 1], derived: null }]
    })
    expect(await changed("UPDATE counts SET hook = 'A' WHERE hook = 'a'")).toMatchObject({
      differences: [
        { live: ["A", 1, 1, 1], derived: null },
        { live: null, derived: ["a", 1, 1, 1] }
      ]
    })
  })

  it("names five differences at the most", async () => {
    const many = Array.from({ length: 30 }, (_, index) => `INSERT INTO counts VALUES ('x${index}', 1, 1, 1);`).join("")
    expect((await changed(many))?.differences).toHaveLength(5)
  })
})

describe("a destroyed payload", () => {
  it("is in no answer once the read models caught up", async () => {
    using folder = scratch()
    await logIn(folder).with(
      [counter(1), ...all],
      Effect.gen(function* () {
        yield* append("secret", "b")
        expect(yield* (yield* EventLog).destroyPayload(1)).toBe(true)
        expect((yield* (yield* Projections).status).filter(({ current }) => current)).toEqual([])
        yield* append("c")
        yield* catchUp
        expect((yield* rows).seen).toEqual([
          [2, "b"],
          [3, "c"]
        ])
        expect((yield* (yield* Projections).check([])).every(({ same }) => same)).toBe(true)
      })
    )
  })
})
