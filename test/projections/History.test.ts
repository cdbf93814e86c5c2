import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { ContentHash } from "../../src/domain/Ids.ts"
import type { NewEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as History from "../../src/projections/History.ts"
import { Projections } from "../../src/projections/Projections.ts"
import { onLog } from "../support/log.ts"

const project = "prj_0123456789abcdef"
const [one, two, three] = ["1".repeat(40), "2".repeat(40), "3".repeat(40)] as const
const hashOf = (digit: string) => ContentHash.make(digit.repeat(64))

type Files = ReadonlyArray<readonly [string, string | null, string | null, string | null]>

const commitSeen = (commit: string, files: Files, more: object = {}): NewEvent => ({
  type: "CommitSeen",
  payload: {
    commit,
    parents: [one],
    author: "Ada",
    authorKey: "00000000000000aa",
    authored: 1000,
    committed: 2000,
    files,
    ...more
  }
})

/** Appends events of a project and asks. */
const after = <A>(
  events: ReadonlyArray<NewEvent>,
  question: (database: EventLog["Type"]["database"]) => A,
  of: string | null = project
): Promise<A> =>
  onLog(
    Effect.gen(function* () {
      const { append, database } = yield* EventLog
      const actor = { kind: "system", name: "nexus" } as const
      for (const event of events)
        yield* append([{ stream: "s", actor, ...(of === null ? {} : { project: of }), events: [event] }])
      const [check] = yield* (yield* Projections).check(["history"])
      expect(check).toMatchObject({ same: true })
      expect((yield* (yield* Projections).status).find(({ name }) => name === "history")?.faults).toBe(0)
      return question(database)
    })
  )

describe("the history", () => {
  it("has each commit once, with the files of all that was told of it", async () => {
    const events = [
      commitSeen(two, [["a", null, "aa", "bb"]], { reverts: one }),
      commitSeen(two, [["b", "old", null, "bb"]], { reverts: one }),
      commitSeen(three, [["a", null, "bb", null]], { pickedFrom: two, parents: [one, two] })
    ]
    await after(events, (database) => {
      expect(History.commit(database, project, two)).toEqual({
        project,
        oid: two,
        parents: one,
        author: "Ada",
        author_key: "00000000000000aa",
        authored: 1000,
        committed: 2000,
        reverts: one,
        picked_from: null,
        position: 1
      })
      expect(History.commit(database, project, three)).toMatchObject({ parents: `${one} ${two}`, picked_from: two })
      expect(History.commit(database, project, one)).toBeUndefined()
      expect(History.commit(database, "prj_another", two)).toBeUndefined()
      expect(History.changesOf(database, project, two)).toEqual([
        { project, commit: two, path: "a", origin: null, before: "aa", after: "bb" },
        { project, commit: two, path: "b", origin: "old", before: null, after: "bb" }
      ])
      expect(History.commitsWith(database, project, null, "bb").map(({ path }) => path)).toEqual(["a", "b"])
      expect(History.commitsWith(database, project, "b", "bb").map(({ commit }) => commit)).toEqual([two])
      expect(History.commitsWith(database, project, "b", "aa")).toEqual([])
      const same = History.commitsByAuthor(database, project, "00000000000000aa", 1000)
      expect(same.map(({ oid }) => oid)).toEqual([two, three])
      expect(History.commitsByAuthor(database, project, "00000000000000aa", 1001)).toEqual([])
    })
  })

  it("has the moves of HEAD in the order in which they were recorded", async () => {
    const move = (checkout: string, to: string, more: object = {}): NewEvent => ({
      type: "HeadMoved",
      payload: { checkout, from: one, to, verb: "commit", at: 5, ...more }
    })
    await after([move("/b", two), move("/a", three, { verb: "checkout", onto: "main" })], (database) => {
      const common = { project, source: one, at: 5 }
      expect(History.moves(database, project)).toEqual([
        { ...common, position: 1, checkout: "/b", target: two, verb: "commit", onto: null },
        { ...common, position: 2, checkout: "/a", target: three, verb: "checkout", onto: "main" }
      ])
    })
  })

  it("knows which contents are stored: those kept, and those of edits", async () => {
    const content = (oid: string, digit: string) => ({ hash: hashOf(digit), oid, bytes: 1, blob: hashOf(digit) })
    const events: ReadonlyArray<NewEvent> = [
      { type: "ContentKept", payload: { commit: two, path: "a", content: content("aa", "a") } },
      { type: "ContentKept", payload: { commit: two, path: "b", content: { hash: hashOf("b"), oid: "bb", bytes: 9 } } },
      {
        type: "FileEdited",
        payload: {
          path: "c",
          tool: "Write",
          call: "1",
          operation: "created",
          after: content("cc", "c"),
          evidence: "payload"
        }
      }
    ]
    await after(events, (database) => {
      expect(History.keptBlob(database, project, "aa")).toBe(hashOf("a"))
      expect(History.keptBlob(database, project, "bb")).toBeUndefined()
      expect(History.keptBlob(database, "prj_another", "aa")).toBeUndefined()
      expect(History.notStored(database, project, ["aa", "bb", "cc", "dd"])).toEqual(new Set(["bb", "dd"]))
    })
  })

  it("has what was imported of a commit, from each source the last, latest first", async () => {
    const imported = (source: string, digit: string): NewEvent => ({
      type: "TraceImported",
      payload: { commit: two, source, format: "agent-trace", record: hashOf(digit) }
    })
    await after([imported("x", "a"), imported("y", "b"), imported("x", "c")], (database) => {
      const rows = History.imported(database, project, two).map(({ source, record }) => [source, record])
      expect(rows).toEqual([
        ["x", hashOf("c")],
        ["y", hashOf("b")]
      ])
      expect(History.imported(database, project, one)).toEqual([])
    })
  })

  it("is of projects: what belongs to none is in it nowhere", async () => {
    await after(
      [commitSeen(two, [["a", null, null, "bb"]])],
      (database) => expect(database.prepare("SELECT count(*) FROM history_commits").pluck().get()).toBe(0),
      null
    )
  })
})
