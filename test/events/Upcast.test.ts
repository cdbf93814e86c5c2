import { hash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { catalogue, type EventType, type EventTypeName, eventType, typeNames } from "../../src/events/Catalogue.ts"
import type { NewEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { upcast } from "../../src/events/Upcast.ts"
import { verify } from "../../src/events/Verify.ts"
import { onLog, scratch } from "../support/log.ts"
import { ada, everything, onLogAt } from "./support/samples.ts"

const folder = join(import.meta.dirname, "../fixtures/events")

/** Every version of every type that was ever written, `Type.vN.jsonl`. */
const versions = typeNames.flatMap((name) =>
  Array.from({ length: eventType(name)?.version ?? 0 }, (_, index) => ({ name, version: index + 1 }))
)

const fileOf = (name: string, version: number): string => `${name}.v${version}.jsonl`

const linesOf = (file: string): ReadonlyArray<string> =>
  readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line !== "")

const fixtures = versions.flatMap(({ name, version }) =>
  linesOf(fileOf(name, version)).map(
    (line, index) => [`${name} v${version}, line ${index + 1}`, name, version, line] as const
  )
)

describe("the frozen events", () => {
  it("have every version of every type in the catalogue, and none besides", () => {
    const files = readdirSync(folder).filter((file) => file !== "manifest.json")
    expect(files.toSorted()).toEqual(versions.map(({ name, version }) => fileOf(name, version)).toSorted())
  })

  it("are what they were when they were frozen", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<string, string>
    const now = Object.keys(manifest).map((file) => [file, hash("sha256", readFileSync(join(folder, file)))])
    expect(Object.fromEntries(now)).toEqual(manifest)
    expect(Object.keys(manifest).toSorted()).toEqual(
      versions.map(({ name, version }) => fileOf(name, version)).toSorted()
    )
  })

  it.each(fixtures)("%s, are read in the current shape of their type", (_, name, version, line) => {
    const { schema, budget } = catalogue[name as EventTypeName] as EventType
    const current = upcast(name, version, JSON.parse(line))
    expect(Schema.is(schema)(current)).toBe(true)
    // Nothing that was written gets lost: a decoded payload has each of its fields.
    expect(Schema.decodeUnknownSync(schema)(current)).toEqual(current)
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(budget)
  })

  it("use every field of their type's schema", () => {
    for (const name of typeNames) {
      const ast = catalogue[name as EventTypeName].schema.ast
      const fields = ast._tag === "TypeLiteral" ? ast.propertySignatures.map((field) => String(field.name)) : []
      const lines = linesOf(fileOf(name, eventType(name)?.version ?? 1)).map((line) =>
        Object.keys(JSON.parse(line) as object)
      )
      expect([name, [...new Set(lines.flat())].toSorted()]).toEqual([name, fields.toSorted()])
    }
  })

  it("of the current versions are recorded and read back as they are, by a log that verifies", async () => {
    const current = fixtures.filter(([, name, version]) => version === eventType(name)?.version)
    const events = current.map(([, type, , line]) => ({ type, payload: JSON.parse(line) as unknown }) as NewEvent)
    await onLog(
      Effect.gen(function* () {
        const { append, database } = yield* EventLog
        yield* append([{ stream: "fixtures", actor: ada, events }])
        const read = yield* everything()
        expect(read.map(({ type, payload }) => ({ type, payload }))).toEqual(events)
        expect(database.sqlite.prepare("SELECT payload FROM events ORDER BY position").pluck().all()).toEqual(
          current.map(([, , , line]) => line)
        )
        // From the first event on, but without the contents that the frozen events speak of.
        expect((yield* verify(database, { from: 1 })).ok).toBe(true)
      })
    )
  })
})

describe("a payload of an older version", () => {
  const renamed: EventType = {
    schema: Schema.Struct({ path: Schema.String, lines: Schema.Int, tags: Schema.Array(Schema.String) }),
    version: 4,
    budget: 100,
    upcasters: {
      1: ({ file, ...rest }) => ({ ...rest, path: file }),
      2: (payload) => ({ ...payload, lines: Number(payload["lines"] ?? 0) }),
      3: (payload) => ({ ...payload, tags: [`from ${String(payload["path"])}`] })
    }
  }
  const lookUp = (name: string) => (name === "Renamed" ? renamed : undefined)

  it.each([
    [1, { file: "a.ts", lines: "7" }],
    [2, { path: "a.ts", lines: "7" }],
    [3, { path: "a.ts", lines: 7 }],
    [4, { path: "a.ts", lines: 7, tags: ["from a.ts"] }]
  ])("%i goes through every upcaster from there on, in order", (version, payload) => {
    const current = upcast("Renamed", version, payload, lookUp)
    expect(current).toEqual({ path: "a.ts", lines: 7, tags: ["from a.ts"] })
    expect(Schema.is(renamed.schema)(current)).toBe(true)
  })

  it("is not changed itself", () => {
    const payload = Object.freeze({ file: "a.ts" })
    upcast("Renamed", 1, payload, lookUp)
    expect(payload).toEqual({ file: "a.ts" })
  })

  it("that a newer Nexus wrote, or of a type that only it knows, comes as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 4, max: 99 }), (payload, version) => {
        expect(upcast("Renamed", version, payload, lookUp)).toBe(payload)
        expect(upcast("Unheard", version, payload, lookUp)).toBe(payload)
        expect(upcast("constructor", 1, payload)).toBe(payload)
      })
    )
  })

  it("that has no upcaster is a mistake that is told", () => {
    const gap = (): EventType => ({ ...renamed, upcasters: { 1: (payload) => payload } })
    expect(() => upcast("Renamed", 1, {}, gap)).toThrow("no upcaster from version 2")
  })

  it("has an upcaster for each step, in every type of the catalogue", () => {
    for (const name of typeNames) {
      const { version = 0, upcasters = {} } = eventType(name) ?? {}
      const steps = Array.from({ length: version - 1 }, (_, index) => String(index + 1))
      expect([name, Object.keys(upcasters).toSorted()]).toEqual([name, steps])
    }
  })
})

describe("an event of another version of Nexus", () => {
  const rewritten = async (change: string) => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const events: ReadonlyArray<NewEvent> = [{ type: "SessionEnded", payload: { reason: "done" } }]
    await onLogAt(
      path,
      Effect.gen(function* () {
        const { append, database } = yield* EventLog
        yield* append([{ stream: "s", actor: ada, events }])
        database.sqlite.exec(`DROP TRIGGER events_keep; DROP TRIGGER names_keep; ${change}`)
      })
    )
    return (await onLogAt(path, everything()))[0]
  }

  it("of an unknown type is read as it was written", async () => {
    const read = await rewritten("UPDATE names SET name = 'SessionPaused' WHERE name = 'SessionEnded'")
    expect(read).toMatchObject({ type: "SessionPaused", payload: { reason: "done" } })
  })

  it("of a newer schema is read as it was written, and says which", async () => {
    const read = await rewritten(`UPDATE events SET schema = 9, payload = '{"why":["done"]}'`)
    expect(read).toMatchObject({ type: "SessionEnded", schema: 9, payload: { why: ["done"] } })
  })
})
