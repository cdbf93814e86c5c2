/**
 * Deliveries of Nexus' own, from this device's spool alone: what agents in workspaces can write is other spools, and from those
 * nothing of the kind is taken.
 */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Actor } from "../domain/Actor.ts"
import { workspaceStream } from "../domain/workspace/Ids.ts"
import { WorkspaceCommandRan } from "../domain/workspace/WorkspaceEvents.ts"
import type { Transaction } from "../events/EventLog.ts"
import type { Delivery, SpoolUnavailable } from "../events/Spool.ts"
import * as Spool from "../events/Spool.ts"
import { PayloadRefused } from "./ports/Agent.ts"

const Delivered = Schema.parseJson(
  Schema.Struct({
    type: Schema.Literal("WorkspaceCommandRan"),
    payload: WorkspaceCommandRan,
    actor: Actor,
    correlation: Schema.optional(Schema.String)
  })
)

/** Read, and ready to be recorded. */
export interface Own {
  readonly delivery: Delivery
  readonly key: string
  readonly fingerprint: string
  readonly own: typeof Delivered.Type
  /** None: it is about no call of a conversation. */
  readonly ended?: undefined
}

/** Undefined when another process has taken the delivery meanwhile. */
export const prepareOwn = (
  spool: Spool.Spool,
  delivery: Delivery
): Effect.Effect<Own | undefined, PayloadRefused | SpoolUnavailable> =>
  Effect.gen(function* () {
    if (delivery.bytes > Spool.largest) return yield* refuse("it is larger than one of Nexus' own can be")
    const bytes = yield* spool.read(delivery.name)
    if (bytes === undefined) return undefined
    const own = yield* Effect.catchAll(Schema.decodeUnknown(Delivered)(bytes.toString("utf8")), () =>
      refuse("it is not what Nexus delivers to itself")
    )
    return { delivery, key: `spool:${delivery.name}`, fingerprint: hash("sha256", bytes), own }
  })

/** In the transaction that is open. Answers why not, where it can't be. */
export const recordOwn = (
  transaction: Transaction,
  { delivery, key, fingerprint, own }: Own
): { readonly reason: string } | undefined => {
  const { type, payload, actor, correlation } = own
  const stream = workspaceStream(payload.workspace)
  if (transaction.page({ stream }, 1).length === 0)
    return { reason: `there is no workspace ${payload.workspace} in this log` }
  transaction.append({
    stream,
    time: delivery.time,
    actor,
    key,
    fingerprint,
    events: [{ type, payload }],
    ...(correlation === undefined ? {} : { correlation })
  })
  return undefined
}

const refuse = (reason: string) => Effect.fail(new PayloadRefused({ reason }))
