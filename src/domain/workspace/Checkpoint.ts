/** The checkpoints of one workspace: which there are, which can be restored, and which the retention drops. Pure. */
import { CheckpointId } from "./Ids.ts"
import type * as Events from "./CheckpointEvents.ts"

export type CheckpointFact =
  | { readonly type: "CheckpointIntended"; readonly payload: Events.CheckpointIntended }
  | { readonly type: "CheckpointCompleted"; readonly payload: Events.CheckpointCompleted }
  | { readonly type: "CheckpointAbandoned"; readonly payload: Events.CheckpointAbandoned }
  | { readonly type: "CheckpointDeleted"; readonly payload: Events.CheckpointDeleted }
  | { readonly type: "CheckpointRestored"; readonly payload: Events.CheckpointRestored }

export interface Checkpoint {
  readonly id: CheckpointId
  readonly name: string | null
  readonly message: string | null
  readonly occasion: Events.Occasion
  readonly ignored: boolean
  /** `intended`: it was begun and never completed. Only a completed one can be restored. */
  readonly status: "intended" | "completed" | "abandoned" | "deleted"
  /** Milliseconds since 1970. */
  readonly time: number
  readonly held: Events.CheckpointCompleted | null
}

/** All that there ever were, in order. */
export type Checkpoints = ReadonlyArray<Checkpoint>

export const nextId = (checkpoints: Checkpoints): CheckpointId => CheckpointId.make(`C-${checkpoints.length + 1}`)

/** `time`: when the fact was recorded. */
export const evolve = (checkpoints: Checkpoints, fact: CheckpointFact, time: number): Checkpoints => {
  const change = (fields: Partial<Checkpoint>): Checkpoints =>
    checkpoints.map((one) => (one.id === fact.payload.checkpoint ? { ...one, ...fields } : one))
  switch (fact.type) {
    case "CheckpointIntended": {
      const { checkpoint: id, name = null, message = null, occasion, ignored } = fact.payload
      return [...checkpoints, { id, name, message, occasion, ignored, status: "intended", time, held: null }]
    }
    case "CheckpointCompleted":
      return change({ status: "completed", held: fact.payload })
    case "CheckpointAbandoned":
      return change({ status: "abandoned" })
    case "CheckpointDeleted":
      return change({ status: "deleted" })
    case "CheckpointRestored":
      return checkpoints
  }
}

/** Taken by itself while programs go on: it holds files and git state alone, and says nothing of the environment and volumes. */
export const isLight = ({ occasion }: Pick<Checkpoint, "occasion">): boolean =>
  occasion === "edits" || occasion === "risky-step"

/** What a checkpoint's parts are kept under. */
export const hashesOf = ({ held }: Checkpoint): ReadonlyArray<string> =>
  held === null
    ? []
    : [held.files, held.git, held.environment, ...held.volumes.map(({ part }) => part)].flatMap((part) =>
        part.held === "excluded" ? [] : part.hash
      )

/** How many, how old (milliseconds) and how large checkpoints that were taken without being asked for may become. */
export interface Retention {
  readonly count: number
  readonly ageMs: number
  readonly bytes: number
}

/** 20 of them, 30 days, 10 GiB. */
export const retention: Retention = { count: 20, ageMs: 30 * 24 * 60 * 60_000, bytes: 10 * 1024 ** 3 }

export interface Expired {
  readonly id: CheckpointId
  readonly why: "count" | "age" | "size"
}

/**
 * Those that are dropped, with the limit that each breaks: automatic ones only, the oldest first. The last one stays in any case,
 * and so does what was named or asked for.
 */
export const expired = (checkpoints: Checkpoints, retention: Retention, now: number): ReadonlyArray<Expired> => {
  const automatic = checkpoints.filter(
    ({ status, occasion, name }) =>
      status === "completed" && name === null && occasion !== "asked" && occasion !== "imported"
  )
  let bytes = 0
  const found: Array<Expired> = []
  for (const [index, one] of automatic.toReversed().entries()) {
    bytes += addedBytes(one)
    if (index === 0) continue
    if (index >= retention.count) found.push({ id: one.id, why: "count" })
    else if (now - one.time > retention.ageMs) found.push({ id: one.id, why: "age" })
    else if (bytes > retention.bytes) found.push({ id: one.id, why: "size" })
  }
  return found.toReversed()
}

const addedBytes = ({ held }: Checkpoint): number =>
  held === null
    ? 0
    : [held.files, held.git, held.environment, ...held.volumes.map(({ part }) => part)].reduce(
        (sum, part) => sum + (part.held === "included" ? part.addedBytes : 0),
        0
      )
