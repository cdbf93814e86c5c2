/** What is to become of each of a client's events, and the plan that follows from it. */
import type { HookCommands } from "./HookCommands.ts"
import type { HookEntry, HookPlan, MatcherGroup } from "./HookSettings.ts"

/**
 * "capture": written to the spool, and the client goes on. "acknowledge": the client waits, for an answer or a look at the
 * disk. A split acknowledges where one matcher matches, and captures where the other, its complement, does.
 */
export type Route = "capture" | "acknowledge" | "left out" | Split

export interface Split {
  readonly acknowledge: string
  readonly capture: string
}

type Element = HookEntry | MatcherGroup

/** Event name → what to register. `element` puts a command into the form of the client's file. */
export const planOf = (
  routes: Readonly<Record<string, Route>>,
  commands: HookCommands,
  element: (command: string, matcher: string | undefined, event: string) => Element
): HookPlan => {
  const elements = (event: string, route: Exclude<Route, "left out">): ReadonlyArray<Element> =>
    typeof route === "string"
      ? [element(commands[route], undefined, event)]
      : [element(commands.acknowledge, route.acknowledge, event), element(commands.capture, route.capture, event)]
  return Object.fromEntries(
    Object.entries(routes).flatMap(([event, route]) => (route === "left out" ? [] : [[event, elements(event, route)]]))
  )
}

/** An entry in the form that Claude Code, Codex and Gemini CLI share: `{ matcher?, hooks: [entry] }`. */
export const groupOf =
  (fields: Readonly<Record<string, string | number | boolean>>) =>
  (command: string, matcher: string | undefined): MatcherGroup => ({
    ...(matcher === undefined ? {} : { matcher }),
    hooks: [{ type: "command", command, ...fields }]
  })
