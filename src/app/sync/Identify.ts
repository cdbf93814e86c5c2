/** Whether the two roots are the ones that they were. A root is known by the token in it, never by its path or a container's name. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SideName } from "../../domain/sync/Entry.ts"
import { ownFolder } from "../../domain/sync/Names.ts"
import type { SyncSession } from "./SyncSession.ts"
import type { Halt } from "./SyncState.ts"

/** Nothing is done until somebody says what is meant. */
export class SyncHalted extends Schema.TaggedError<SyncHalted>()("SyncHalted", {
  reason: Schema.Literal("no-root", "no-token", "foreign", "vanished"),
  side: Schema.Literal("host", "workspace"),
  detail: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `The sync stands still: ${this.detail}. ${this.advice}`
  }
}

const halted = (halt: Halt) => new SyncHalted(halt)

const adopt =
  "If these are the right folders, resume the sync with --adopt: it begins anew, and deletes nothing on either side."

/** Gives both roots their tokens at the first time, and from then on fails unless they have them. */
export const identify = ({ host, workspace, memory }: SyncSession) =>
  Effect.gen(function* () {
    const stored = yield* memory.identity
    const fresh = () => randomBytes(16).toString("hex")
    const identity = stored ?? { host: fresh(), workspace: fresh(), claimed: [] }
    const claimed = new Set(identity.claimed)
    const remember = (side: SideName) =>
      Effect.suspend(() => {
        claimed.add(side)
        return memory.identify({ ...identity, claimed: [...claimed] })
      })
    // Kept before a root has it: a token that nobody knows would be foreign to us after a crash.
    if (stored === undefined) yield* memory.identify(identity)
    for (const side of [host, workspace]) {
      const token = yield* side.token.pipe(
        Effect.catchIf(
          ({ kind }) => kind === "no-root",
          ({ detail }) =>
            halted({
              reason: "no-root",
              side: side.side,
              detail,
              advice: "Put it back where it was; the sync then goes on by itself."
            })
        )
      )
      const own = identity[side.side]
      if (token === own) {
        if (!claimed.has(side.side)) yield* remember(side.side)
        continue
      }
      if (token !== undefined)
        return yield* halted({
          reason: "foreign",
          side: side.side,
          detail: `${side.place} holds the token of ${token === identity[side.side === "host" ? "workspace" : "host"] ? "the other side" : "another sync"}`,
          advice: adopt
        })
      if (claimed.has(side.side))
        return yield* halted({
          reason: "no-token",
          side: side.side,
          detail: `${side.place} has lost its token (${ownFolder}/token): it was emptied, or another folder is in its place`,
          advice: adopt
        })
      yield* side.claim(own)
      yield* remember(side.side)
    }
  })

/** Gives both roots new tokens, whatever they held, and forgets what they had in common. */
export const adoptRoots = ({ host, workspace, memory }: SyncSession) =>
  Effect.gen(function* () {
    yield* memory.forget
    const identity = { host: randomBytes(16).toString("hex"), workspace: randomBytes(16).toString("hex") }
    yield* memory.identify({ ...identity, claimed: [] })
    for (const side of [host, workspace]) {
      // Makes sure that the root is there; a missing one is not made.
      yield* side.token
      yield* side.claim(identity[side.side])
    }
    yield* memory.identify({ ...identity, claimed: ["host", "workspace"] satisfies ReadonlyArray<SideName> })
  })
