/** The commands that a child appends: each a pure function of its number, so that parent and child agree on it. */
import type { Commit } from "../../../src/events/Event.ts"

const actor = { kind: "agent", name: "claude" } as const

/** Every fourth command has no key: it cannot be repeated safely. */
export const hasKey = (number: number): boolean => number % 4 !== 3

/** One event, a few in one commit, or several commits in one batch. */
export const commandAt = (number: number): ReadonlyArray<Commit> => {
  const sizes = [[1], [1], [3], [1], [2, 1, 2], [1], [1, 1], [1], [7]][number % 9] ?? [1]
  let count = 0
  return sizes.map((size, index) => {
    const session = `claude:s${(number + index) % 5}`
    return {
      stream: `session/${session}`,
      actor,
      correlation: session,
      ...(hasKey(number) ? { key: `command-${number}-${index}` } : {}),
      events: Array.from({ length: size }, () => eventOf(`${number}.${count++}`, count))
    }
  })
}

const eventOf = (call: string, kind: number): Commit["events"][number] =>
  kind % 3 === 0
    ? { type: "ToolCompleted", payload: { call, tool: "Bash" } }
    : kind % 3 === 1
      ? { type: "ToolStarted", payload: { call, tool: "Bash", target: `echo ${call}` } }
      : {
          type: "FileEdited",
          payload: { call, tool: "Edit", path: `src/${call.length}.ts`, operation: "modified", evidence: "disk" }
        }

/** The marks that the events of a command carry, in their order. */
export const callsOf = (number: number): ReadonlyArray<string> =>
  commandAt(number).flatMap(({ events }) => events.flatMap(({ payload }) => ("call" in payload ? [payload.call] : [])))
