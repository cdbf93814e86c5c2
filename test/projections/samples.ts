/** Random events of every type, for laws of projections. */
import * as Arbitrary from "effect/Arbitrary"
import * as fc from "effect/FastCheck"
import * as Effect from "effect/Effect"
import { catalogue, type DomainEvent, type EventTypeName, typeNames } from "../../src/events/Catalogue.ts"
import type { Database } from "../../src/events/Database.ts"
import type { Commit } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import type { Projection } from "../../src/projections/Projection.ts"
import { rowsInOrder } from "../../src/projections/Schema.ts"

const sessions = ["claude:a", "claude:b"]
const projects = ["prj_0000000000000001", "prj_0000000000000002"]

/** Names that collide, but for what a careless key or column would lose. */
const paths = ["a", "A", "b/c", "b", "né", "n\u0065\u0301", "a\nb", "\ufffd", "a\0b", ""]

const projectTypes = new Set([
  "ProjectRegistered",
  "ProjectIdentified",
  "CheckoutSeen",
  "HooksInstalled",
  "HooksRemoved"
])

/** JSON has no such numbers; the log is not asked to keep them. */
const finite = <A extends object>(payload: A): A =>
  Object.fromEntries(
    Object.entries(payload).filter(([, value]) => typeof value !== "number" || Number.isFinite(value))
  ) as A

const payloadOf = (type: EventTypeName): fc.Arbitrary<any> =>
  fc
    .tuple(Arbitrary.make(catalogue[type].schema as typeof catalogue.FileEdited.schema), fc.constantFrom(...paths))
    .map(([payload, path]) => ({
      ...finite(payload),
      ...(type === "FileEdited" || type === "CheckoutSeen" ? { path } : {}),
      ...(type === "HooksInstalled" || type === "HooksRemoved" ? { file: path } : {})
    }))

const payloads = new Map(typeNames.map((name) => [name, payloadOf(name as EventTypeName)]))

/** What changes rows most is drawn most. */
const types = [
  ...typeNames,
  "FileEdited",
  "FileEdited",
  "ProjectRegistered",
  "CheckoutSeen",
  "HooksInstalled",
  "UsageReported"
]

/** One commit of a few facts to one stream. */
export const commits: fc.Arbitrary<Commit> = fc
  .tuple(
    fc.constantFrom(...types),
    fc.constantFrom(0, 1),
    fc.nat(1_000_000),
    fc.boolean(),
    fc.integer({ min: 1, max: 3 })
  )
  .chain(([type, which, time, located, size]) =>
    fc.array(payloads.get(type) ?? fc.constant({}), { minLength: size, maxLength: size }).map((found): Commit => {
      const session = sessions[which] ?? ""
      const project = projects[which] ?? ""
      const aboutProject = projectTypes.has(type)
      return {
        stream: aboutProject ? `project/${project}` : type === "LogRestored" ? "device/x" : `session/${session}`,
        actor: { kind: "agent", name: "claude" },
        time,
        events: found.map((payload) => ({ type, payload }) as DomainEvent),
        ...(aboutProject || located ? { project } : {}),
        ...(aboutProject || type === "LogRestored" ? {} : { correlation: session })
      }
    })
  )

/** Batches of commits: each batch is one transaction. */
export const batches = fc.array(fc.array(commits, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 })

export const appendAll = (found: ReadonlyArray<ReadonlyArray<Commit>>) =>
  Effect.flatMap(EventLog, (log) => Effect.forEach(found, (batch) => log.append(batch), { discard: true }))

/** All rows of all projections, and their faults. */
export const dump = (database: Database, projections: ReadonlyArray<Projection>) =>
  Object.fromEntries(
    projections.flatMap(({ tables }) => tables.map((spec) => [spec.name, [...rowsInOrder(database, spec)]] as const))
  )

export const faultsIn = (database: Database) =>
  database.sqlite.prepare("SELECT projection, position, error FROM projection_faults ORDER BY 1, 2").all()
