/** Which agents are used on this machine, by what can be seen of them. */
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Nexus } from "./Nexus.ts"
import { type InstallableAgent, isInstallable } from "./ports/Agent.ts"
import { packaged } from "./InstallScript.ts"

export interface ChosenAgent {
  readonly agent: InstallableAgent
  /** Why, for the person to read. */
  readonly because: string
}

/** Taken for granted where nothing says otherwise. */
const usual = "claude"

/** Those whose command is on PATH, or whose settings are in the checkout or in the person's home folder; else the usual one. */
export const agentsHere = (nexus: Nexus["Type"], checkout: string): ReadonlyArray<ChosenAgent> => {
  const possible = nexus.agents
    .filter(isInstallable)
    .filter(({ settings: { needs = [] } }) => needs.every((file) => packaged(file) !== null))
  const found = possible.flatMap((agent) => {
    const because = signOf(agent, nexus, checkout)
    return because === undefined ? [] : [{ agent, because }]
  })
  if (found.length > 0) return found
  return possible.filter(({ name }) => name === usual).map((agent) => ({ agent, because: "no other was found" }))
}

const signOf = ({ signs }: InstallableAgent, { person, platform }: Nexus["Type"], checkout: string) => {
  const endings = platform === "win32" ? [".exe", ".cmd", ""] : [""]
  const programs = person.path.flatMap((folder) =>
    signs.commands.flatMap((command) => endings.map((ending) => join(folder, command + ending)))
  )
  const program = programs.find((path) => isFile(path))
  if (program !== undefined) return `its command is ${program}`
  const here = signs.folders.find((folder) => existsSync(join(checkout, folder)))
  if (here !== undefined) return `${here} is in this checkout`
  const home = signs.folders.map((folder) => join(person.home, folder)).find((folder) => existsSync(folder))
  return home === undefined ? undefined : `${home} is there`
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true
