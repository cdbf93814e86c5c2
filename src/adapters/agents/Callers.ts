/** In which agent's shell a process runs, by what each client puts into the environment of its shells. It loads next to nothing. */
import type { Caller } from "../../app/ports/Agent.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { sessionForm } from "../../domain/SessionName.ts"

type Environment = Readonly<Record<string, string | undefined>>

const named = (agent: string, session: string | undefined): Caller => {
  const id = `${agent}:${session ?? ""}`
  return sessionForm.test(id) ? { agent, session: id as SessionId } : { agent }
}

export const callers = {
  /** Claude Code 2.1.330 marks its shells with CLAUDECODE=1 and names the conversation. */
  claude: (environment: Environment): Caller | undefined =>
    environment["CLAUDECODE"] === "1" ? named("claude", environment["CLAUDE_CODE_SESSION_ID"]) : undefined,
  /** Codex 0.169.0 names the conversation in its shells, which its hooks call by the same id. */
  codex: (environment: Environment): Caller | undefined => {
    const caller = named("codex", environment["CODEX_SESSION_ID"] ?? environment["CODEX_THREAD_ID"])
    return caller.session === undefined ? undefined : caller
  },
  /** Gemini CLI 0.61.0 marks its shells with GEMINI_CLI=1, and does not name the conversation there. */
  gemini: (environment: Environment): Caller | undefined =>
    environment["GEMINI_CLI"] === "1" ? { agent: "gemini" } : undefined,
  /** OpenCode 1.18.33 marks its shells with OPENCODE=1; Nexus' plugin adds the conversation. */
  opencode: (environment: Environment): Caller | undefined =>
    environment["OPENCODE"] === "1" ? named("opencode", environment["NEXUS_OPENCODE_SESSION"]) : undefined
}

/** Where one agent's shell runs another agent: the first of them. */
export const callerIn = (environment: Environment): Caller | undefined =>
  [callers.claude, callers.codex, callers.gemini, callers.opencode].flatMap((of) => of(environment) ?? [])[0]
