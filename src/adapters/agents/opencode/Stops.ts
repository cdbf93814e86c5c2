/**
 * The stops of OpenCode 1.18.33, and how its plugin is answered. The client has no hook that waits: what it tells is that it
 * is idle, and a continuation wakes it. The plugin (integrations/opencode) adds what it knows of the moment as `signal`.
 */
import type { Answer, JsonObject, StopSignal } from "../../../app/ports/Agent.ts"
import { canContinue, inWords } from "../Answers.ts"
import { sessionNamed } from "../Identity.ts"
import { objectOf, textOf } from "../Payload.ts"
import { optional, short } from "../Wording.ts"
import { hookOf, propertiesOf, sessionsOf } from "./Payload.ts"
import { agentName } from "./Translate.ts"

/** Of `session.idle` and the `session.status` that comes with it, the first is the stop. */
export const stopOf = (payload: JsonObject): StopSignal | undefined => {
  const hook = hookOf(payload)
  if (hook !== "session.idle" && hook !== "session.error") return undefined
  const { id, parent } = sessionsOf(payload)
  const signal = objectOf(payload["signal"])
  const failure = hook === "session.error" ? failureIn(payload) : textOf(signal["error"])
  // The person did it, and the conversation is idle next.
  if (hook === "session.error" && failure === aborted) return undefined
  const isFailure = failure !== undefined && failure !== "" && failure !== aborted && parent === undefined
  if (hook === "session.error" && !isFailure) return undefined
  const children = signal["children"]
  return {
    session: sessionNamed(agentName, parent ?? id),
    kind: parent !== undefined ? "subagent" : isFailure ? "failure" : "stop",
    waits: false,
    background: typeof children === "number" && children > 0 ? Math.ceil(Math.min(children, 1e6)) : 0,
    ...optional("turn", wordOf(signal)),
    ...optional("intent", failure === aborted ? ("aborted" as const) : intentOf(signal)),
    ...optional("error", isFailure ? short(failure, 200) : undefined)
  }
}

const aborted = "MessageAbortedError"

/** The kind of failure and the service's status. What the service says may quote a key. */
const failureIn = (payload: JsonObject): string => {
  const error = objectOf(propertiesOf(payload)["error"])
  const status = objectOf(error["data"])["statusCode"]
  const name = textOf(error["name"]) ?? "unknown"
  return typeof status === "number" ? `${name} ${status}` : name
}

const wordOf = (signal: JsonObject): string | undefined => {
  const turn = textOf(signal["turn"]) ?? ""
  return turn === "" ? undefined : short(turn, 256)
}

const intentOf = (signal: JsonObject): StopSignal["intent"] => {
  if (signal["aborted"] === true) return "aborted"
  const pending = signal["pending"]
  if (pending === "question" || pending === "permission") return pending
  // The client's own agent that changes nothing; its name stays whatever it is configured to do.
  return signal["agent"] === "plan" ? "plan mode" : undefined
}

const wholeOf = (delayMs: number): number => (Number.isFinite(delayMs) ? Math.max(0, Math.round(delayMs)) : 0)

/** What the plugin does with each is its own affair: it shows, throws, prompts or adds to what the model is told. */
export const answerTo = (payload: JsonObject, answer: Answer): string => {
  const hook = hookOf(payload)
  if (hook === "") return ""
  return inWords(
    {
      continue: ({ text, delayMs }) =>
        canContinue(stopOf(payload)) ? { continue: { text, delayMs: wholeOf(delayMs) } } : undefined,
      notice: (text) => ({ notice: text }),
      deny: (reason) => (hook === "tool.execute.before" ? { deny: reason } : undefined),
      context: (text) => ({ context: text })
    },
    answer
  )
}
