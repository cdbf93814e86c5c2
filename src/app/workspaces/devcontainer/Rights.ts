/** What would lower a workspace's protection, wherever the file asks for it: refused, not passed over in silence. */
import type { Place } from "./Place.ts"
import type { Given, Part } from "./Reading.ts"

const isHarmless = /^seccomp[=:]unconfined$/

export const rights: Part = (whole, given) => {
  const notes: Array<string> = []
  const privileged = whole.at("privileged")
  if (privileged?.flag() === true) refusePrivileged(privileged, given)
  for (const one of whole.at("capAdd")?.items() ?? []) notes.push(...capability(one, one.text(), given))
  for (const one of whole.at("securityOpt")?.items() ?? []) notes.push(...securityOption(one, one.text(), given))
  return { notes }
}

export const refusePrivileged = (place: Place, { nested }: Given): void => {
  if (!nested)
    throw place.wrong(
      "it asks for all rights of this machine's root (privileged).",
      "If that is for a container engine inside: --dind. Otherwise leave it out of a devcontainer.json of its own: --devcontainer PATH."
    )
}

export const capability = (place: Place, name: string, { nested }: Given): ReadonlyArray<string> => {
  if (nested) return []
  if (/^(?:CAP_)?SYS_PTRACE$/i.test(name))
    return [`${place.name}: ${name} is left out. Debuggers reach the programs that they start.`]
  throw place.wrong(
    `${place.name} asks for the capability ${name}, by which programs could reach out of the workspace.`,
    "If that is for a container engine inside: --dind. Otherwise leave it out of a devcontainer.json of its own: --devcontainer PATH."
  )
}

export const securityOption = (place: Place, option: string, { nested }: Given): ReadonlyArray<string> => {
  if (nested || option.startsWith("no-new-privileges")) return []
  if (isHarmless.test(option)) return [`${place.name}: ${option} is left out. Debuggers need it on old engines only.`]
  throw place.wrong(
    `${place.name}: ${option} would take away a protection of this machine.`,
    "If that is for a container engine inside: --dind. Otherwise leave it out of a devcontainer.json of its own: --devcontainer PATH."
  )
}
