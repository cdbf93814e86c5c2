/** What git is configured with in a repository: all of it in one question, since each takes a process. */
import * as Effect from "effect/Effect"
import type { WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import type { Ask } from "./HostGit.ts"

/** Names with sections and variables in lower case; a name without a value has none. Of several of a name, the last is meant. */
export type Configuration = ReadonlyArray<readonly [name: string, value: string | undefined]>

/** Values of several lines and files that include others: git reads it all (git-config(1), `--list -z`). */
export const configurationOf = (ask: Ask): Effect.Effect<Configuration, WorktreeFailure> =>
  Effect.map(ask.text(["config", "-z", "--list"]), (listed) =>
    listed.split("\0").flatMap((item) => {
      if (item === "") return []
      const end = item.indexOf("\n")
      return [end < 0 ? ([item, undefined] as const) : ([item.slice(0, end), item.slice(end + 1)] as const)]
    })
  )

/** "" where it is not set. */
export const configured = (configuration: Configuration, name: string): string =>
  configuration.findLast(([one]) => one === name)?.[1] ?? ""

/** git-config(1), VALUES: a name alone says yes as well. */
export const isOn = (configuration: Configuration, name: string): boolean => {
  const found = configuration.findLast(([one]) => one === name)
  return found !== undefined && (found[1] === undefined || /^(?:true|yes|on|[1-9]\d*)$/i.test(found[1]))
}
