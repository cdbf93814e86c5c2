/**
 * A conversation that waits for a person, in a client that can be woken: whether what it waited for has come, and then, as at any
 * of its stops, whether it goes on.
 */
import * as Effect from "effect/Effect"
import { type SessionId, sessionStream } from "../../domain/Ids.ts"
import { isPaused, runFor } from "../../domain/boulder/Boulder.ts"
import { tasksOf } from "../../domain/boulder/Observe.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Tasks from "../../projections/Tasks.ts"
import { loadSafely } from "../Config.ts"
import { Nexus } from "../Nexus.ts"
import type { JsonObject } from "../ports/Agent.ts"
import { projectOf } from "../ProjectOf.ts"
import { inStep, switchedOff } from "./State.ts"
import { judgeStop } from "./JudgeStop.ts"

/** "over": nothing is to be waited for, or any more. `decision`: position of the one that it waits after. */
export type Look =
  | { readonly kind: "over" }
  | { readonly kind: "waits"; readonly decision: number }
  | { readonly kind: "woken"; readonly text: string }

const over: Look = { kind: "over" }

/** `since`: the decision that an earlier look found it waiting after. */
export const lookAfter = (name: string, payload: JsonObject, since: number | null) =>
  Effect.gen(function* () {
    const began = Date.now()
    const log = yield* EventLog
    const { agents, home } = yield* Nexus
    const signal = agents.find((agent) => agent.name === name)?.idle?.(payload)
    const cwd = typeof payload["cwd"] === "string" ? payload["cwd"] : undefined
    const session = signal?.session ?? null
    const located = cwd === undefined || session === null ? undefined : yield* projectOf(cwd)
    if (signal === undefined || session === null || located === undefined || !inStep(log.database)) return over
    const { project, checkout } = located
    const [last] = Boulders.decisions(log.database, project, { limit: 1, session })
    const waits = last !== undefined && (last.rule === "a person is needed" || last.verdict === "escalate")
    if (!waits || (since !== null && since !== last.position)) return over
    if (yield* wentOn(session, last.position)) return over
    const state = Boulders.state(log.database, project)
    const run = runFor(state, session, checkout.path)
    if (run === undefined || run.mode === "observe") return over
    const config = loadSafely(home.config, checkout.path)
    const tasks = tasksOf(run.tasks, { tasks: Tasks.list(log.database, project), session, atWork: new Set() })
    const isHeldUp = run.status !== "armed" || isPaused(state, began) || switchedOff(checkout.path, config) !== null
    // Without any task that is left, gates may be: the decision knows.
    const isReady = tasks.next !== null || tasks.waiting + tasks.blocked.length === 0
    if (isHeldUp || !isReady) return { kind: "waits", decision: last.position } satisfies Look
    // Whoever else waited for the same has told of it before or after this moment: then it was decided already.
    const answer = yield* judgeStop({ signal, cwd, delivered: began, warn: () => undefined })
    return answer.kind === "continue" ? ({ kind: "woken", text: answer.text } satisfies Look) : over
  })

/** Whether anybody acted in the conversation since that decision: a person who spoke, and ended the turn, is not spoken over. */
const wentOn = (session: SessionId, decision: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const acts = yield* log.page({ stream: sessionStream(session), after: decision, types: acting }, 1)
    return acts.length > 0
  })

const acting = ["PromptSubmitted", "ToolStarted", "SessionEnded"]
