/** Registering a repository and its agents' hooks, and taking them out again. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { projectStream, type ProjectId } from "../domain/Ids.ts"
import { EventLog } from "../events/EventLog.ts"
import * as Projects from "../projections/Projects.ts"
import { agentsHere } from "./FindAgents.ts"
import * as InstallHooks from "./InstallHooks.ts"
import { installScript } from "./InstallScript.ts"
import { nearest } from "./nearest.ts"
import { Nexus } from "./Nexus.ts"
import { type InstallableAgent, isInstallable, SettingsRefused } from "./ports/Agent.ts"
import { checkoutHere, registerCheckout } from "./ProjectOf.ts"
import { observeBaseline } from "./trace/Baseline.ts"

export class AgentUnknown extends Schema.TaggedError<AgentUnknown>()("AgentUnknown", {
  name: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const guess = nearest(this.name, this.known)
    return `There is no agent ${JSON.stringify(this.name)}.${guess === undefined ? "" : ` Did you mean ${guess}?`} Known are: ${this.known.join(", ")}.`
  }
}

/** Nexus cannot install the hooks of this agent. */
export class AgentNotInstallable extends Schema.TaggedError<AgentNotInstallable>()("AgentNotInstallable", {
  name: Schema.String
}) {
  override get message() {
    return `Nexus installs no hooks for ${this.name}. Have its hooks pipe their payloads to: nexus hook ${this.name}`
  }
}

export interface InitPlan {
  readonly checkout: string
  /** The agents, and why they were chosen. */
  readonly agents: ReadonlyArray<{ readonly agent: string; readonly because: string }>
  readonly changes: ReadonlyArray<InstallHooks.SettingsChange>
}

/** What `init` would write, with nothing written yet. Without names: for the agents that are found here. */
export const planInit = (names: ReadonlyArray<string>, scope: InstallHooks.Scope) =>
  Effect.gen(function* () {
    const checkout = yield* checkoutHere
    const chosen =
      names.length === 0
        ? agentsHere(yield* Nexus, checkout.path)
        : (yield* agentsNamed(names)).map((agent) => ({ agent, because: "it was asked for" }))
    const changes = yield* Effect.forEach(chosen, ({ agent }) => InstallHooks.planInstall(agent, checkout.path, scope))
    const agents = chosen.map(({ agent, because }) => ({ agent: agent.name, because }))
    return { checkout: checkout.path, agents, changes } satisfies InitPlan
  })

export interface InitReport {
  readonly project: ProjectId
  readonly name: string
  readonly isNew: boolean
  readonly checkout: string
  readonly home: string
  readonly agents: InitPlan["agents"]
  readonly hooks: ReadonlyArray<{
    readonly agent: string
    readonly file: string
    readonly changed: boolean
    /** What a person has to do before the client runs them. */
    readonly nextStep?: string
  }>
}

/** Registers the project and writes what was planned. */
export const init = (plan: InitPlan) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { agents, home, user } = yield* Nexus
    const checkout = yield* checkoutHere
    const { project, isNew } = yield* registerCheckout(checkout)
    if (isNew) yield* observeBaseline(checkout.path, project)
    yield* installScript
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
    const hooks = plan.changes.map(({ agent, file, changed }) => {
      const nextStep = agents.find(({ name }) => name === agent)?.settings?.nextStep
      return { agent, file, changed, ...(nextStep === undefined ? {} : { nextStep }) }
    })
    const name = projectRow(log, project)?.name ?? project
    return {
      project,
      name,
      isNew,
      checkout: checkout.path,
      home: home.path,
      agents: plan.agents,
      hooks
    } satisfies InitReport
  })

/** What `uninstall` would write: every settings file of this checkout that has hooks of ours. */
export const planUninstall = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const checkout = yield* checkoutHere
    const changes: Array<InstallHooks.SettingsChange> = []
    const refused: Array<SettingsRefused> = []
    for (const agent of yield* agentsNamed(names)) {
      // Most clients have one file in a checkout, whether it is committed or not.
      const files = new Map(scopes.map((scope) => [join(checkout.path, agent.settings.file(scope)), scope]))
      for (const [file, scope] of files) {
        if (!existsSync(file)) continue
        // One that can't be understood keeps no other from being put right.
        const planned = yield* Effect.either(InstallHooks.planUninstall(agent, file, scope))
        if (Either.isLeft(planned)) refused.push(planned.left)
        else if (planned.right.changed) changes.push(planned.right)
      }
    }
    return { checkout: checkout.path, changes, refused } satisfies UninstallPlan
  })

const scopes = ["local", "shared"] as const

export interface UninstallPlan extends Pick<InitPlan, "checkout" | "changes"> {
  readonly refused: ReadonlyArray<SettingsRefused>
}

/** Settings files that may still have hooks of ours. All others were put right. */
export class HooksLeft extends Schema.TaggedError<HooksLeft>()("HooksLeft", { files: Schema.Array(SettingsRefused) }) {
  override get message() {
    return this.files.map(({ message }) => message).join(" ")
  }
}

export interface UninstallReport {
  readonly checkout: string
  readonly hooks: ReadonlyArray<{ readonly agent: string; readonly file: string; readonly restored: boolean }>
  /** Files that were left as they are. */
  readonly refused: ReadonlyArray<SettingsRefused>
}

export const uninstall = (plan: UninstallPlan) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { user } = yield* Nexus
    const { project } = yield* registerCheckout(yield* checkoutHere)
    const removed: Array<InstallHooks.SettingsChange> = []
    const refused = [...plan.refused]
    for (const change of plan.changes) {
      const done = yield* Effect.either(InstallHooks.uninstall(change))
      if (Either.isLeft(done)) {
        refused.push(done.left)
        continue
      }
      removed.push(change)
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
    const hooks = removed.map(({ agent, file, restores }) => ({ agent, file, restored: restores }))
    return { checkout: plan.checkout, hooks, refused } satisfies UninstallReport
  })

/** Those of these names; by default all that have hooks to install. */
const agentsNamed = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { agents } = yield* Nexus
    if (names.length === 0) return agents.filter(isInstallable)
    return yield* Effect.forEach(names, (name): Effect.Effect<InstallableAgent, AgentUnknown | AgentNotInstallable> => {
      const agent = agents.find((one) => one.name === name)
      if (agent === undefined)
        return Effect.fail(new AgentUnknown({ name, known: agents.filter(isInstallable).map((one) => one.name) }))
      return isInstallable(agent) ? Effect.succeed(agent) : Effect.fail(new AgentNotInstallable({ name }))
    })
  })

const projectRow = (log: EventLog["Type"], id: ProjectId) => Projects.find(log.database, id)
