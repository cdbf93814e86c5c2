/** Everything that commands stand on, put together. */
import { homedir } from "node:os"
import { delimiter } from "node:path"
import * as Layer from "effect/Layer"
import { callerIn } from "../adapters/agents/Callers.ts"
import { ClaudeAgent } from "../adapters/agents/claude/ClaudeAgent.ts"
import { CodexAgent } from "../adapters/agents/codex/CodexAgent.ts"
import { CursorAgent } from "../adapters/agents/cursor/CursorAgent.ts"
import { GeminiAgent } from "../adapters/agents/gemini/GeminiAgent.ts"
import { GenericAgent } from "../adapters/agents/generic/GenericAgent.ts"
import { OpenCodeAgent } from "../adapters/agents/opencode/OpenCodeAgent.ts"
import * as FileTree from "../adapters/files/FileTree.ts"
import * as GitHistory from "../adapters/git/GitHistory.ts"
import * as GitRepositories from "../adapters/git/GitRepositories.ts"
import * as GitWork from "../adapters/git/work/GitWork.ts"
import * as NodePrograms from "../adapters/shell/NodePrograms.ts"
import { redact } from "../adapters/secrets/Redactor.ts"
import { Nexus } from "../app/Nexus.ts"
import type { Agent } from "../app/ports/Agent.ts"
import { Secrets } from "../app/ports/Secrets.ts"
import { Entropy } from "../events/Entropy.ts"
import type { Home } from "../events/Home.ts"
import * as SqliteEventLog from "../events/SqliteEventLog.ts"
import { all } from "../projections/all.ts"
import { observer, Projections } from "../projections/Projections.ts"
import { userName } from "./userName.ts"
import { version } from "./version.ts"

export const agents: ReadonlyArray<Agent> = [
  ClaudeAgent,
  CodexAgent,
  CursorAgent,
  GeminiAgent,
  OpenCodeAgent,
  GenericAgent
]

export const context = (home: Home) => {
  const caller = callerIn(process.env)
  return Layer.succeed(Nexus, {
    version,
    ...(caller === undefined ? {} : { caller }),
    home,
    user: userName(),
    cwd: process.cwd(),
    agents,
    platform: process.platform,
    person: { path: (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""), home: homedir() },
    program: { node: process.execPath, nexus: process.argv[1] ?? "" }
  })
}

export const log = (home: Home) =>
  Projections.layer(all).pipe(
    Layer.provideMerge(SqliteEventLog.layer(home.log)),
    Layer.provide([Entropy.layer, observer(all)])
  )

export const outside = Layer.mergeAll(
  GitRepositories.layer,
  GitHistory.layer,
  GitWork.layer,
  FileTree.layer,
  NodePrograms.layer,
  Layer.succeed(Secrets, { redact })
)

/** The log, the world around it, and where it all is. */
export const live = (home: Home) => Layer.mergeAll(log(home), outside, context(home))
