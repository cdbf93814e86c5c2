/** The log stays small: what real sessions record of each type, in bytes. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { eventType, typeNames } from "../../src/events/Catalogue.ts"
import * as Home from "../../src/events/Home.ts"
import * as Spool from "../../src/events/Spool.ts"
import { fixtures, json, newWorld, type World } from "../support/cli.ts"
import { playSession, repositoryBefore } from "../support/session.ts"

interface Recorded {
  readonly type: string
  readonly bytes: number
}

let world: World
let recorded: ReadonlyArray<Recorded>
let session: ReadonlyArray<Recorded>

const inLog = (): ReadonlyArray<Recorded> => {
  const sqlite = new Sqlite(Home.at(world.home).log, { readonly: true })
  const query = `SELECT name AS type, octet_length(payload) AS bytes FROM events JOIN names ON names.id = events.type`
  const rows = sqlite.prepare(query).all() as ReadonlyArray<Recorded>
  sqlite.close()
  return rows
}

/** Every recorded payload of Claude Code that is not part of the session, as if it came from `project`. */
const others = (project: string): ReadonlyArray<string> =>
  ["claude/shapes", "hooks/claude"].flatMap((folder) =>
    readdirSync(join(fixtures, folder)).map((name) => {
      const text = readFileSync(join(fixtures, folder, name), "utf8")
      const document = JSON.parse(text) as { readonly payload?: object }
      return JSON.stringify({ ...(document.payload ?? document), cwd: project })
    })
  )

beforeAll(async () => {
  world = newWorld()
  const project = repositoryBefore(world)
  json(await world.nexus(["init", "--yes", "--json"], { cwd: project }))
  await playSession(world, project)
  json(await world.nexus(["status", "--json"], { cwd: project }))
  session = inLog()
  const spool = Spool.make(Home.at(world.home).spool)
  for (const text of others(project)) await Effect.runPromise(spool.deliver("claude", Buffer.from(text)))
  json(await world.nexus(["status", "--json"], { cwd: project }))
  recorded = inLog()
})
afterAll(() => world[Symbol.dispose]())

describe("the byte budget", () => {
  it("is there for every type, and no type's is beyond that of a few long paths", () => {
    for (const name of typeNames) {
      expect(eventType(name)?.budget).toBeGreaterThan(0)
      expect(eventType(name)?.budget).toBeLessThanOrEqual(64 * 1024)
    }
  })

  it("holds for everything that real payloads make, of many types", () => {
    expect(recorded.length).toBeGreaterThan(session.length + 30)
    expect(new Set(recorded.map(({ type }) => type)).size).toBeGreaterThan(15)
    for (const { type, bytes } of recorded)
      expect([type, bytes <= (eventType(type)?.budget ?? 0)]).toEqual([type, true])
  })

  it("is far from used up: an event of a real session takes less than 400 bytes on average, none over 2,048", () => {
    expect(session.length).toBeGreaterThan(46)
    const average = session.reduce((sum, { bytes }) => sum + bytes, 0) / session.length
    expect(average).toBeLessThan(400)
    expect(Math.max(...session.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2048)
  })

  it("does not grow with the session: its second half takes no more an event than twice its first", () => {
    const half = Math.floor(session.length / 2)
    const average = (rows: ReadonlyArray<Recorded>) => rows.reduce((sum, { bytes }) => sum + bytes, 0) / rows.length
    expect(average(session.slice(half))).toBeLessThan(2 * average(session.slice(0, half)))
  })
})
