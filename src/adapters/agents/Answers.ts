/** How answers to hooks are put into words: one JSON object on one line, or nothing. */
import type { Answer, JsonObject, StopSignal } from "../../app/ports/Agent.ts"

/** The JSON that a client is told for each kind of answer; undefined where it has no words for it. */
export interface Words {
  readonly continue: (answer: Extract<Answer, { kind: "continue" }>) => JsonObject | undefined
  readonly notice: (text: string) => JsonObject | undefined
  readonly deny: (reason: string) => JsonObject | undefined
  readonly context: (text: string) => JsonObject | undefined
}

const isBlank = (text: string): boolean => text.trim() === ""

const wordsFor = (words: Words, answer: Answer): JsonObject | undefined => {
  switch (answer.kind) {
    case "continue":
      return isBlank(answer.text) ? undefined : words.continue(answer)
    case "allow":
      return answer.notice === undefined || isBlank(answer.notice) ? undefined : words.notice(answer.notice)
    case "deny":
      return words.deny(isBlank(answer.reason) ? "Nexus does not allow this call." : answer.reason)
    case "context":
      return isBlank(answer.text) ? undefined : words.context(answer.text)
  }
}

/** A blank text is no answer (clients void one without a reason); a refusal stands without one. */
export const inWords = (words: Words, answer: Answer): string => {
  const told = wordsFor(words, answer)
  return told === undefined ? "" : JSON.stringify(told)
}

/** Whether an answer to this stop is heeded, so that a continuation is one. */
export const canContinue = (stop: StopSignal | undefined): boolean =>
  stop !== undefined && stop.kind !== "failure" && stop.intent !== "aborted"

/** The output for one event that Claude Code, Codex and Gemini CLI share. */
export const hookSpecific = (event: string, fields: JsonObject): JsonObject => ({
  hookSpecificOutput: { hookEventName: event, ...fields }
})

/** A tool call refused, as Claude Code and Codex take it. */
export const denied = (event: string, reason: string): JsonObject =>
  hookSpecific(event, { permissionDecision: "deny", permissionDecisionReason: reason })
