/** How far a checkout's history has been looked through. No fact: when it is lost, everything is looked at again. */
import { hash, randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { ProjectId } from "../../domain/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import { Nexus } from "../Nexus.ts"

const ScanState = Schema.Struct({
  /** The device of the log that what was found is in. Another log, a restored one for example, lacks it. */
  device: Schema.String,
  /** `History.fingerprint`, and a hash of the edited paths, as they were. */
  fingerprint: Schema.String,
  edited: Schema.String,
  /** Every name of the files of interest, and commits whose history was searched for them. */
  names: Schema.Array(Schema.String),
  tips: Schema.Array(Schema.String)
})
export type ScanState = Omit<typeof ScanState.Type, "device">

const decode = Schema.decodeUnknownEither(Schema.parseJson(ScanState))

const none: ScanState = { fingerprint: "", edited: "", names: [], tips: [] }

export const load = (checkout: string, project: ProjectId) =>
  Effect.gen(function* () {
    const { device } = yield* EventLog
    const file = yield* fileOf(checkout, project)
    return yield* Effect.try(() => decode(readFileSync(file, "utf8"))).pipe(
      Effect.map((state) => (Either.isRight(state) && state.right.device === device ? state.right : none)),
      Effect.orElseSucceed(() => none)
    )
  })

export const save = (checkout: string, project: ProjectId, state: ScanState) =>
  Effect.gen(function* () {
    const { device } = yield* EventLog
    const file = yield* fileOf(checkout, project)
    yield* Effect.try(() => {
      mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 })
      const aside = `${file}.${randomBytes(6).toString("hex")}`
      writeFileSync(aside, JSON.stringify({ ...state, device }), { mode: 0o600 })
      renameSync(aside, file)
      // Without it, the next scan takes longer.
    }).pipe(Effect.ignore)
  })

const fileOf = (checkout: string, project: ProjectId) =>
  Effect.map(Nexus, ({ home }) =>
    join(home.path, "scans", `${hash("sha256", `${project}\n${checkout}`).slice(0, 32)}.json`)
  )
