/**
 * Whether a client really runs the hooks that are installed: what its own settings say of them, and whether the last conversation that
 * it keeps itself is in the log. That hooks are in a file proves nothing, and the client's own record is not made by them.
 */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { EventLog } from "../events/EventLog.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import { Nexus } from "./Nexus.ts"
import { type ClientPlace, type InstallableAgent, isInstallable } from "./ports/Agent.ts"
import type { Checkout } from "./ports/Repositories.ts"
import { isoTime } from "./isoTime.ts"

export interface Silence {
  readonly agent: string
  readonly detail: string
  readonly fix: string
}

/** Why nothing is heard of an agent whose hooks are installed in this checkout; undefined where nothing says so. */
export const silenceOf = (agent: InstallableAgent, { path }: Checkout, file: string) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { person } = yield* Nexus
    const place: ClientPlace = { checkout: path, home: person.home, env: process.env, read: textIn }
    const off = agent.settings.silenced?.(place)
    if (off !== undefined)
      return {
        agent: agent.name,
        detail: off,
        fix: "Until that is changed, nothing of it is recorded or held to its work."
      }
    const installed = (yield* log.page({ types: ["HooksInstalled"] }, 10_000)).findLast(
      ({ payload }) => (payload as { readonly file?: string } | null)?.file === file
    )
    const last = installed === undefined ? undefined : agent.lastConversation?.(place, installed.time)
    const isHeard = last === undefined || Sessions.find(log.database, last.session) !== undefined
    return isHeard
      ? undefined
      : {
          agent: agent.name,
          detail: `its last conversation here, ${last.session} of ${isoTime(last.began)}, told Nexus nothing: its hooks did not run`,
          fix: agent.settings.nextStep ?? agent.settings.bypass ?? "Start it again as usual."
        }
  })

/** Of every agent whose hooks are installed in this checkout. */
export const silences = (checkout: Checkout) =>
  Effect.gen(function* () {
    const { agents } = yield* Nexus
    const { database } = yield* EventLog
    const project = Projects.at(database, checkout.path)
    const hooks = project === undefined ? [] : (Projects.find(database, project)?.hooks ?? [])
    const here = hooks.filter(({ file }) => file.startsWith(`${checkout.path}/`))
    const found = yield* Effect.forEach(here, ({ agent: name, file }) => {
      const agent = agents.find((one) => one.name === name)
      return agent !== undefined && isInstallable(agent)
        ? silenceOf(agent, checkout, file)
        : Effect.succeed<Silence | undefined>(undefined)
    })
    return found.filter((one): one is Silence => one !== undefined)
  })

const textIn = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    // It is not there, or not for us to read.
    return undefined
  }
}
