/** Registering a repository and its agents' hooks, and taking them out again. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { projectStream, type ProjectId } from "../domain/Ids.ts"
import { EventLog } from "../events/EventLog.ts"
import * as Projects from "../projections/Projects.ts"
import * as InstallHooks from "./InstallHooks.ts"
import { nearest } from "./nearest.ts"
import { Nexus } from "./Nexus.ts"
import type { Agent } from "./ports/Agent.ts"
import { NotARepository, Repositories } from "./ports/Repositories.ts"
import { registerCheckout } from "./ProjectOf.ts"

export class AgentUnknown extends Schema.TaggedError<AgentUnknown>()("AgentUnknown", {
  name: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const guess = nearest(this.name, this.known)
    return `There is no agent ${JSON.stringify(this.name)}.${guess === undefined ? "" : ` Did you mean ${guess}?`} Known are: ${this.known.join(", ")}.`
  }
}

export interface InitPlan {
  readonly checkout: string
  readonly changes: ReadonlyArray<InstallHooks.SettingsChange>
}

/** What `init` would write, with nothing written yet. */
export const planInit = (names: ReadonlyArray<string>, scope: InstallHooks.Scope) =>
  Effect.gen(function* () {
    const checkout = yield* here
    const agents = yield* agentsNamed(names)
    const changes = yield* Effect.forEach(agents, (agent) => InstallHooks.planInstall(agent, checkout.path, scope))
    return { checkout: checkout.path, changes } satisfies InitPlan
  })

export interface InitReport {
  readonly project: ProjectId
  readonly name: string
  readonly isNew: boolean
  readonly checkout: string
  readonly home: string
  readonly hooks: ReadonlyArray<{ readonly agent: string; readonly file: string; readonly changed: boolean }>
}

/** Registers the project and writes what was planned. */
export const init = (plan: InitPlan) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { home, user } = yield* Nexus
    const checkout = yield* here
    const { project, isNew } = yield* registerCheckout(checkout)
    yield* InstallHooks.installScript
    for (const change of plan.changes) {
      yield* InstallHooks.install(change)
      const known = projectRow(log, project)
      const noted =
        known !== undefined && known.hooks.some(({ agent, file }) => agent === change.agent && file === change.file)
      if (change.changed || !noted) {
        const { agent, file, scope } = change
        yield* log.append([
          {
            stream: projectStream(project),
            project,
            actor: { kind: "human", name: user },
            events: [{ type: "HooksInstalled", payload: { agent, file, scope } }]
          }
        ])
      }
    }
    const hooks = plan.changes.map(({ agent, file, changed }) => ({ agent, file, changed }))
    const name = projectRow(log, project)?.name ?? project
    return { project, name, isNew, checkout: checkout.path, home: home.path, hooks } satisfies InitReport
  })

/** What `uninstall` would write: every settings file of this checkout that has hooks of ours. */
export const planUninstall = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const checkout = yield* here
    const agents = yield* agentsNamed(names)
    const changes: Array<InstallHooks.SettingsChange> = []
    for (const agent of agents) {
      for (const scope of ["local", "shared"] as const) {
        const file = join(checkout.path, agent.settings.file(scope))
        const planned = existsSync(file) ? yield* InstallHooks.planUninstall(agent, file, scope) : undefined
        if (planned?.changed === true) changes.push(planned)
      }
    }
    return { checkout: checkout.path, changes } satisfies InitPlan
  })

export interface UninstallReport {
  readonly checkout: string
  readonly hooks: ReadonlyArray<{ readonly agent: string; readonly file: string; readonly restored: boolean }>
}

export const uninstall = (plan: InitPlan) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { user } = yield* Nexus
    const { project } = yield* registerCheckout(yield* here)
    for (const change of plan.changes) {
      yield* InstallHooks.uninstall(change)
      const { agent, file, restores: restored } = change
      yield* log.append([
        {
          stream: projectStream(project),
          project,
          actor: { kind: "human", name: user },
          events: [{ type: "HooksRemoved", payload: { agent, file, restored } }]
        }
      ])
    }
    const hooks = plan.changes.map(({ agent, file, restores }) => ({ agent, file, restored: restores }))
    return { checkout: plan.checkout, hooks } satisfies UninstallReport
  })

/** The checkout that the command was given in. */
const here = Effect.gen(function* () {
  const { cwd } = yield* Nexus
  const repositories = yield* Repositories
  const checkout = repositories.checkoutOf(cwd)
  return checkout ?? (yield* new NotARepository({ path: cwd, reason: yield* repositories.explain(cwd) }))
})

const agentsNamed = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { agents } = yield* Nexus
    if (names.length === 0) return agents
    return yield* Effect.forEach(names, (name): Effect.Effect<Agent, AgentUnknown> => {
      const agent = agents.find((one) => one.name === name)
      return agent === undefined
        ? Effect.fail(new AgentUnknown({ name, known: agents.map((one) => one.name) }))
        : Effect.succeed(agent)
    })
  })

const projectRow = (log: EventLog["Type"], id: ProjectId) => Projects.find(log.database, id)
