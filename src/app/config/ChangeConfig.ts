/** Changes of one setting in a configuration file, which is understood whole afterwards or not touched. */
import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { isDeepStrictEqual } from "node:util"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { createTwoFilesPatch } from "diff"
import { FileUnwritable } from "../AtomicFile.ts"
import { BoulderRefused } from "../../domain/boulder/Boulder.ts"
import { Nexus } from "../Nexus.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { replaceFile } from "../ReplaceFile.ts"
import { Repositories } from "../ports/Repositories.ts"
import { ConfigUnreadable } from "./ConfigUnreadable.ts"
import { contentOf, textOf, valueOf, within } from "./ConfigFile.ts"
import { withoutValue, withValue } from "./Edit.ts"
import { isKnown, isSettable } from "./Keys.ts"
import { projectFile, refusal } from "./Layers.ts"
import { readings } from "./Kinds.ts"
import { isKey } from "./Settings.ts"
import { SettingWrong, settingUnknown } from "./ShowConfig.ts"

export type Place = "user" | "project"

export interface Change {
  readonly key: string
  readonly file: string
  /** Undefined: not there. */
  readonly before: unknown
  readonly after: unknown
  readonly changed: boolean
  /** A unified diff; "" when nothing changes. */
  readonly diff: string
  /** What the file will hold. */
  readonly text: string
}

/** The file of a place; without one, the project's in a checkout, else the user's. Fails with NotARepository. */
const fileOf = (place: Place | undefined) =>
  Effect.gen(function* () {
    const { home, cwd } = yield* Nexus
    if (place === "user") return home.config
    if (place === "project") return projectFile((yield* checkoutHere).path)
    const checkout = (yield* Repositories).checkoutOf(cwd)
    return checkout === undefined ? home.config : projectFile(checkout.path)
  })

/** Fails with SettingUnknown, SettingWrong, and ConfigUnreadable when something else in the file is wrong. */
export const planSet = (key: string, text: string, place: Place | undefined) =>
  Effect.gen(function* () {
    yield* notByAnAgent(key)
    const file = yield* fileOf(place)
    if (!isSettable(key)) return yield* settingUnknown(key)
    const path = key.split(".")
    const old = (yield* textOf(file)) ?? ""
    const before = within(yield* valueOf(file, old), path)
    const attempt = (value: unknown) =>
      Either.gen(function* () {
        const edited = withValue(old, path, value)
        if (edited === undefined)
          return yield* Either.left(new SettingWrong({ message: `${file}: ${key} can't be put into what is there.` }))
        yield* contentOf(file, edited)
        // Written twice, the last one counts.
        if (!isDeepStrictEqual(within(yield* valueOf(file, edited), path), value))
          return yield* Either.left(new SettingWrong({ message: `${file}: ${key} stands there more than once.` }))
        return change(file, key, { before, after: value }, old, edited)
      })
    const attempts = readings(text).map(attempt)
    const good = attempts.find(Either.isRight)
    if (good !== undefined) return good.right
    // What is wrong is the value, unless the file was wrong before.
    const wasGood = Either.isRight(contentOf(file, withoutValue(old, path)))
    if (isKey(key) && wasGood) return yield* new SettingWrong({ message: refusal(key, text) })
    const why = attempts.find(Either.isLeft)?.left
    return yield* isKnown(key) && wasGood && why instanceof ConfigUnreadable
      ? new SettingWrong({ message: why.reason.replace(/^line \d+: /, "") })
      : (attempts[0] ?? new SettingWrong({ message: refusal("enforcer.mode", text) }))
  })

/** Also of a key that is unknown, so that it can be taken out of a file. Fails with SettingUnknown, ConfigUnreadable. */
export const planUnset = (key: string, place: Place | undefined) =>
  Effect.gen(function* () {
    yield* notByAnAgent(key)
    const file = yield* fileOf(place)
    const old = (yield* textOf(file)) ?? ""
    const before = within(yield* valueOf(file, old), key.split("."))
    if (before === undefined && !isSettable(key)) return yield* settingUnknown(key)
    const edited = before === undefined ? old : withoutValue(old, key.split("."))
    return change(file, key, { before, after: undefined }, old, edited)
  })

/** What holds an agent to its work is not the agent's to change. */
const notByAnAgent = (key: string) =>
  Effect.flatMap(Nexus, ({ caller }) =>
    caller !== undefined && /^(?:enforcer|gates)(?:\.|$)/.test(key)
      ? new BoulderRefused({
          reason: `Only a person may change ${key}, and this is ${caller.agent}'s shell.`,
          hint: 'If a task needs a person: nexus task block ID --reason "…"'
        })
      : Effect.void
  )

/** Makes the folder too, if need be. Fails with FileUnwritable. */
export const write = ({ file, text, changed }: Change) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    if (!changed) return
    yield* Effect.try({
      try: () => {
        const isOurs = file === home.config
        mkdirSync(dirname(file), { recursive: true, ...(isOurs ? { mode: 0o700 } : {}) })
        replaceFile(file, text, isOurs ? 0o600 : undefined)
      },
      catch: (cause) =>
        new FileUnwritable({ path: file, reason: cause instanceof Error ? cause.message : String(cause) })
    })
  })

const change = (
  file: string,
  key: string,
  { before, after }: Pick<Change, "before" | "after">,
  old: string,
  text: string
): Change => ({
  key,
  file,
  before,
  after,
  changed: old !== text,
  diff: old === text ? "" : createTwoFilesPatch(file, file, old, text),
  text
})
