/** The recorded session under any number of fresh ids, and what of it must be in the log in the end. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { ingest } from "../../src/app/Ingest.ts"
import * as Live from "../../src/cli/Live.ts"
import type { RecordedEvent } from "../../src/events/Event.ts"
import { at, type Home } from "../../src/events/Home.ts"
import * as Spool from "../../src/events/Spool.ts"
import { scratch } from "../support/log.ts"
import { payloadNames, payloadText, sessionId } from "../support/session.ts"
import { sound } from "./invariants.ts"

/** A place that is on no machine, so that nothing is read from the disk. */
const nowhere = "/nowhere/user"

const texts = payloadNames.map((name) => payloadText(name, `${nowhere}/project`, nowhere))

export const perSession = texts.length

/** The id of the session that the `index`-th delivery belongs to. */
export const sessionOf = (index: number): string => `fresh-${Math.floor(index / perSession)}`

/** Session after session, payload after payload. */
export const payloadAt = (index: number): Buffer =>
  Buffer.from((texts[index % perSession] ?? "").replaceAll(sessionId, sessionOf(index)))

/** Puts payloads into the spool of a home, one after the other. */
export const deliverer = (home: Home): ((payload: Buffer) => Promise<string>) => {
  const spool = Spool.make(home.spool)
  return (payload) => Effect.runPromise(spool.deliver("claude", payload))
}

export const drain = (home: Home) => Effect.runPromise(ingest().pipe(Effect.provide(Live.live(home))))

/** Checks the log of a home; answers its events. */
export const soundHome = (home: Home): Promise<ReadonlyArray<RecordedEvent>> =>
  Effect.runPromise(sound.pipe(Effect.provide(Live.log(home))))

/** What is in the log of each delivery's session, without what differs from session to session. */
export const factsOf = (events: ReadonlyArray<RecordedEvent>, session: string): ReadonlyArray<string> =>
  events
    // What is found to be new is noted once in a log.
    .filter(({ correlation, type }) => correlation === `claude:${session}` && type !== "CaptureDriftFound")
    .map(({ type, payload }) =>
      JSON.stringify([type, payload], (key, value: unknown) => (key === "raw" ? undefined : value)).replaceAll(
        session,
        "SESSION"
      )
    )

/** The facts of each payload of the session, when each is recorded by itself. */
export const reference = async (): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  using folder = scratch()
  const home = at(join(folder.path, "home"))
  const facts: Array<ReadonlyArray<string>> = []
  const deliver = deliverer(home)
  let known = 0
  for (let index = 0; index < perSession; index++) {
    await deliver(payloadAt(index))
    await drain(home)
    const all = factsOf(await soundHome(home), sessionOf(0))
    facts.push(all.slice(known))
    known = all.length
  }
  return facts
}
