/** An agent's settings as the port wants them, from what its file looks like and what is registered in it. */
import * as Either from "effect/Either"
import type { AgentSettings, HookTarget } from "../../../app/ports/Agent.ts"
import { commandsOf, type HookCommands, isNexusCommand } from "./HookCommands.ts"
import * as HookSettings from "./HookSettings.ts"
import { commandsFor, type Matching } from "./Matching.ts"

export interface AgentHooks extends Matching, Pick<HookSettings.HookForm, "client" | "top" | "options"> {
  /** The word by which `nexus hook` knows it. */
  readonly agent: string
  readonly file: AgentSettings["file"]
  readonly plan: (commands: HookCommands, target: HookTarget) => HookSettings.HookPlan
  /** The switch by which a person turns all hooks off: where it is, and what it says then. */
  readonly off?: { readonly keys: ReadonlyArray<string>; readonly value: boolean }
  readonly nextStep?: string
  readonly silenced?: AgentSettings["silenced"]
  readonly bypass?: string
}

export const formOf = (hooks: AgentHooks): HookSettings.HookForm => ({
  client: hooks.client,
  layout: hooks.layout,
  top: hooks.top,
  options: hooks.options,
  isOurs: (command) => isNexusCommand(command, hooks.agent)
})

export const settingsOf = (hooks: AgentHooks): AgentSettings => {
  const { agent, file, off, nextStep, silenced, bypass } = hooks
  const form = formOf(hooks)
  const install: AgentSettings["install"] = (text, target, scope) =>
    HookSettings.install(text, form, hooks.plan(commandsOf(agent, target, scope), target))
  return {
    file,
    install,
    uninstall: (text) => HookSettings.uninstall(text, form),
    isCurrent: (text, target, scope) =>
      Either.match(install(text, target, scope), { onLeft: () => false, onRight: ({ changed }) => !changed }),
    isDisabled: (text) => off !== undefined && HookSettings.settingOf(text, form, off.keys) === off.value,
    commandsFor: (text, payload) => commandsFor(text, payload, hooks),
    ...(silenced === undefined ? {} : { silenced }),
    ...(bypass === undefined ? {} : { bypass }),
    ...(nextStep === undefined ? {} : { nextStep })
  }
}
