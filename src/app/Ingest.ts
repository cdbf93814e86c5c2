/**
 * From the spool to the log: each delivered payload is read, redacted and turned into facts; everything that is waiting is
 * appended in order of delivery, exactly once, and only then taken out of the spool.
 *
 * A crash at any point repeats a delivery at the worst, and its key then says that it is recorded already. What cannot be
 * recorded is set aside with the reason, and blocks nothing.
 */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Actor } from "../domain/Actor.ts"
import type { Commit, NewEvent } from "../events/Event.ts"
import { EventLog, type Transaction } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import type { Delivery, SpoolUnavailable } from "../events/Spool.ts"
import * as Spool from "../events/Spool.ts"
import { decide, type SessionFact } from "../domain/Session.ts"
import { filesStream, type ProjectId, sessionStream } from "../domain/Ids.ts"
import * as Rows from "../projections/WorkspaceRows.ts"
import { settle } from "./boulder/Continuations.ts"
import { mirrorTasks } from "./boulder/MirrorTasks.ts"
import { Nexus } from "./Nexus.ts"
import { prepare, type Prepared, type Within } from "./PrepareDelivery.ts"
import { type Own, prepareOwn, recordOwn } from "./RecordDelivered.ts"
import * as SessionStates from "./SessionStates.ts"
import { forget } from "./snapshot/CallWindows.ts"
import { sender } from "./workspaces/RanDelivery.ts"

/** How many deliveries are recorded in one transaction, and how many bytes of them at the most. */
const batchCount = 200
const batchBytes = 8 * 1024 * 1024

export interface IngestReport {
  readonly recorded: number
  readonly repeated: number
  readonly rejected: number
}

export type IngestFailure = LogFailure | SpoolUnavailable

/** Records everything that is waiting. `live` names the delivery whose hook is waiting for it, if one is. */
export const ingest = (live?: string): Effect.Effect<IngestReport, IngestFailure, Ingesting> =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    let report: IngestReport = { recorded: 0, repeated: 0, rejected: 0 }
    const own = { spool: Spool.make(home.spool), within: undefined }
    for (const source of [own, ...(yield* workspaceSpools(home.workspaces))]) {
      for (const batch of batches(yield* source.spool.list, live)) {
        const outcome = yield* ingestBatch(source, batch, live)
        report = {
          recorded: report.recorded + outcome.recorded,
          repeated: report.repeated + outcome.repeated,
          rejected: report.rejected + outcome.rejected
        }
      }
    }
    return report
  })

/** Where deliveries are waiting, and what they can be of. */
interface Source {
  readonly spool: Spool.Spool
  readonly within: Within | undefined
}

/** What agents inside of workspaces delivered: each workspace has a spool of its own, and what is in it can be of that one alone. */
const workspaceSpools = (folder: string) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    return foldersIn(folder).flatMap((id): ReadonlyArray<Source> => {
      const path = join(folder, id, "spool")
      if (!existsSync(path)) return []
      const known = Rows.byId(database, id)
      const of =
        known === undefined ? undefined : { folder: known.workspace.folder, project: known.project as ProjectId }
      return [{ spool: Spool.make(path), within: { of } }]
    })
  })

const foldersIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    // No workspace was ever made.
    return []
  }
}

type Ingesting = Effect.Effect.Context<ReturnType<typeof prepare>> | EventLog | Nexus

const ingestBatch = ({ spool, within }: Source, batch: ReadonlyArray<Delivery>, live: string | undefined) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const states = SessionStates.make(log)
    const ready: Array<Own | Prepared> = []
    const rejected: Array<readonly [name: string, reason: string]> = []
    for (const delivery of batch) {
      const isOwn = delivery.agent === sender && within === undefined
      const prepared = yield* isOwn
        ? Effect.either(prepareOwn(spool, delivery))
        : Effect.either(prepare(spool, delivery, { waiting: live, within }, states))
      if (prepared._tag === "Left") {
        // What is wrong with the log or the spool is not the payload's fault: it stays where it is.
        if (prepared.left._tag !== "PayloadRefused") return yield* prepared.left
        rejected.push([delivery.name, prepared.left.reason])
      } else if (prepared.right !== undefined) {
        ready.push(prepared.right)
      }
    }
    const outcomes = yield* recordAll(log, states, ready)
    const done: Array<string> = []
    for (const [index, { delivery }] of ready.entries()) {
      const outcome = outcomes[index]
      if (typeof outcome === "object") rejected.push([delivery.name, outcome.reason])
      else done.push(delivery.name)
    }
    yield* forget(ready.flatMap(({ ended }) => ended ?? []))
    yield* spool.remove(done)
    for (const [name, reason] of rejected) yield* spool.reject(name, reason)
    const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length
    return { recorded: count("recorded"), repeated: count("repeated"), rejected: rejected.length }
  })

type Outcome = "recorded" | "repeated" | { readonly reason: string }

/** In one transaction; if the log refuses one of them, each in its own, so that it stands alone with its refusal. */
const recordAll = (
  log: EventLog["Type"],
  states: SessionStates.SessionStates,
  ready: ReadonlyArray<Own | Prepared>
): Effect.Effect<ReadonlyArray<Outcome>, LogFailure> =>
  log
    .transact((transaction) => {
      states.begin(transaction)
      return ready.map((prepared) => record(transaction, states, prepared))
    })
    .pipe(
      Effect.catchTags({
        VersionConflict: Effect.die,
        KeyReused: Effect.die,
        EventRefused: (refusal) =>
          ready.length === 1
            ? Effect.succeed([{ reason: refusal.message }])
            : Effect.map(
                Effect.forEach(ready, (prepared) => recordAll(log, states, [prepared])),
                (outcomes) => outcomes.flat()
              )
      })
    )

const another: Outcome = {
  reason: "another payload with the same id was recorded before; this one differs from it"
}

/** Decides on what is known at this moment, inside the transaction, so that no other process can come between. */
const record = (transaction: Transaction, states: SessionStates.SessionStates, prepared: Own | Prepared): Outcome => {
  const { key, fingerprint } = prepared
  const earlier = transaction.recorded(key)
  if (earlier !== undefined) return earlier === fingerprint ? "repeated" : another
  if ("own" in prepared) return recordOwn(transaction, prepared) ?? "recorded"
  const { reading, observed, once, delivery, context } = prepared
  for (const blob of prepared.blobs) transaction.putBlob(blob)
  if (observed.length > 0 || reading === undefined) {
    const stream = filesStream(context.project)
    const actor: Actor = { kind: "system", name: "nexus" }
    const commit = { stream, time: delivery.time, actor, events: observed, ...context }
    transaction.append(reading === undefined ? { ...commit, key, fingerprint } : commit)
  }
  if (reading === undefined) return "recorded"
  const told = new Set(reading.facts.filter((fact) => transaction.recorded(once.get(fact) ?? "") !== undefined))
  const before = states.get(reading.session)
  const facts = decide(before, { ...reading, facts: reading.facts.filter((fact) => !told.has(fact)) })
  let model = before?.model ?? null
  let tool: number | undefined
  const events = facts.map((fact, index): NewEvent => {
    model = states.evolve(reading.session, fact, delivery.time).model
    if (fact.type === "ToolCompleted" || fact.type === "ToolFailed") tool = index
    const causation = fact.type === "FileEdited" && tool !== undefined ? { causation: tool } : {}
    const own = fact.type === "FileEdited" ? fact.payload.model : undefined
    return { actor: actorOf(reading, own ?? model), ...causation, ...withModel(fact, model) }
  })
  const commit: Commit = {
    stream: sessionStream(reading.session),
    key,
    fingerprint,
    time: delivery.time,
    correlation: reading.session,
    actor: actorOf(reading, model),
    events,
    ...context
  }
  transaction.append(commit)
  settle(transaction, reading.session, facts)
  if (reading.tasks !== undefined && context.project !== undefined)
    mirrorTasks(transaction, context.project, reading.session, reading.tasks, commit)
  for (const word of once.values()) {
    if (transaction.recorded(word) === undefined)
      transaction.append({ ...commit, key: word, fingerprint: word, events: [] })
  }
  for (const drift of prepared.drift) {
    if (transaction.recorded(drift.key) === undefined) {
      transaction.append({ ...commit, key: drift.key, fingerprint: drift.key, events: [drift.fact] })
    }
  }
  return "recorded"
}

/** The agent, or its subagent, with the model that acted. */
const actorOf = (reading: NonNullable<Prepared["reading"]>, model: string | null): Actor => {
  const acted = reading.subagent === undefined ? model : (reading.subagentModel ?? null)
  return {
    kind: "agent",
    name: reading.agent,
    ...(acted === null ? {} : { model: acted }),
    ...(reading.subagent === undefined ? {} : { subagent: reading.subagent })
  }
}

/** An edit carries its model itself, for it is what everybody asks of an edit. */
const withModel = (fact: SessionFact, model: string | null): SessionFact =>
  fact.type === "FileEdited" &&
  fact.payload.subagent === undefined &&
  fact.payload.model === undefined &&
  model !== null
    ? { ...fact, payload: { ...fact.payload, model } }
    : fact

function* batches(deliveries: ReadonlyArray<Delivery>, live: string | undefined): Generator<ReadonlyArray<Delivery>> {
  let batch: Array<Delivery> = []
  let bytes = 0
  for (const delivery of deliveries) {
    // Whose a change is depends on what is recorded: all that came before has to be.
    const isFull = batch.length === batchCount || bytes + delivery.bytes > batchBytes || delivery.name === live
    if (batch.length > 0 && isFull) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(delivery)
    bytes += delivery.bytes
  }
  if (batch.length > 0) yield batch
}
