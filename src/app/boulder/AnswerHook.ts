/** What a hook that waits is answered: whether to stop, whether to call a tool, and what to remember after a compaction. */
import * as Effect from "effect/Effect"
import { isPaused, runFor } from "../../domain/boulder/Boulder.ts"
import { isBypass } from "../../domain/boulder/Bypass.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import { loadSafely } from "../Config.ts"
import { Nexus } from "../Nexus.ts"
import type { Answer, JsonObject } from "../ports/Agent.ts"
import { projectOf } from "../ProjectOf.ts"
import { inStep, switchedOff } from "./State.ts"
import { judgeStop } from "./JudgeStop.ts"
import { launcher } from "./Launcher.ts"
import { standing } from "./Standing.ts"

/** What the hook of an agent prints for a payload; "" for nothing. `delivered`: milliseconds since 1970. `warn`: see `Stop`. */
export const answerHook = (
  name: string,
  payload: JsonObject,
  delivered: number,
  warn: (line: string) => void = () => undefined
) =>
  Effect.gen(function* () {
    const { agents } = yield* Nexus
    const named = agents.find((one) => one.name === name)
    const host = named?.host?.(payload)
    const agent = agents.find((one) => one.name === host) ?? named
    if (agent?.answer === undefined) return ""
    const folder = agent.folder === undefined ? payload["cwd"] : agent.folder(payload)
    const cwd = typeof folder === "string" ? folder : undefined
    const signal = agent.stop?.(payload)
    if (signal !== undefined) return agent.answer(payload, yield* judgeStop({ signal, cwd, delivered, warn }))
    const window = agent.window(payload)
    if (window?.phase === "start" && window.command !== undefined && isBypass(window.command))
      return agent.answer(payload, yield* refuseBypass(cwd))
    const session = agent.forgot?.(payload)
    return session === undefined ? "" : agent.answer(payload, yield* remind(session, cwd))
  })

const allowed: Answer = { kind: "allow" }

/** A hook of the project's is not passed by while a run holds anybody in the checkout to their work. */
const refuseBypass = (cwd: string | undefined) =>
  Effect.gen(function* () {
    const held = yield* heldAt(cwd)
    return held === undefined
      ? allowed
      : ({
          kind: "deny",
          reason:
            "Nexus: commit without --no-verify and with the project's hooks on. The commits themselves are checked before the work counts as done. " +
            `If a hook is wrong, it needs a person: ${held.nexus} task block ID --reason "…"`
        } satisfies Answer)
  })

/** What a conversation is held to, told again: its model has just lost the memory of it. */
const remind = (session: SessionId, cwd: string | undefined) =>
  Effect.gen(function* () {
    const held = yield* heldAt(cwd, session)
    if (held === undefined) return allowed
    return { kind: "context", text: yield* standing(held) } satisfies Answer
  })

/** The runs that hold somebody, or this conversation, to their work at a place; undefined where there is none, or all are let go. */
const heldAt = (cwd: string | undefined, session?: SessionId) =>
  Effect.gen(function* () {
    const { home, program } = yield* Nexus
    const located = cwd === undefined ? undefined : yield* projectOf(cwd)
    const { database } = yield* EventLog
    if (located === undefined || !inStep(database)) return undefined
    const { project, checkout } = located
    const state = Boulders.state(database, project)
    const run =
      session === undefined
        ? state.runs.find(
            ({ mode, status, checkout: at, scope }) =>
              mode === "enforce" && status === "armed" && (at === checkout.path || scope.kind === "project")
          )
        : runFor(state, session, checkout.path)
    const isOff =
      isPaused(state, Date.now()) || switchedOff(checkout.path, loadSafely(home.config, checkout.path)) !== null
    return run === undefined || run.status !== "armed" || run.mode === "observe" || isOff
      ? undefined
      : { run, session, project, nexus: launcher({ home, program }) }
  })
