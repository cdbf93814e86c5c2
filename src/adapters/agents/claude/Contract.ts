/**
 * What Nexus registers with Claude Code: which of its hook events, with which matcher, running which shell command,
 * and how a command that Nexus wrote is told from anybody else's.
 *
 * Source: Claude Code 2.1.330 (the event list, the hook entry and the matcher rules are read from its binary).
 */

/** The two shell commands that the hooks run. `capture` writes stdin to the spool and returns; `acknowledge` also waits for the commit. */
export interface HookCommands {
  readonly capture: string
  readonly acknowledge: string
}

/** One hook of type `command`. `timeout` is in seconds; Claude Code's own default is 600. */
export interface HookEntry {
  readonly type: "command"
  readonly command: string
  readonly timeout: number
}

/** One element of `hooks.<Event>`. Without `matcher` the hooks run on every occurrence of the event. */
export interface MatcherGroup {
  readonly matcher?: string
  readonly hooks: ReadonlyArray<HookEntry>
}

/**
 * Tools whose effect Nexus must have on record before the agent goes on: shells and MCP servers.
 *
 * A matcher with any character outside `[A-Za-z0-9_|, -]` is an unanchored regular expression, and it is also tried on a
 * tool's former names (Claude Code 2.1.330). So the ends are written out: a bare `Bash|PowerShell|mcp__.*` would also
 * take `TaskStop`, whose former name is `KillBash`, and that tool would then be recorded twice.
 */
export const shellToolsMatcher = "^(Bash|PowerShell)$|^mcp__"

/** Every tool that `shellToolsMatcher` does not match: its exact complement. */
export const otherToolsMatcher = "^(?!(Bash|PowerShell)$|mcp__).*"

type Route = "capture" | "acknowledge" | "by tool" | "left out"

/** The 33 events of Claude Code 2.1.330 in its own order, and what Nexus does with each. */
export const eventRoutes = {
  PreToolUse: "by tool",
  PostToolUse: "by tool",
  PostToolUseFailure: "by tool",
  PostToolBatch: "capture",
  Notification: "capture",
  UserPromptSubmit: "capture",
  UserPromptExpansion: "capture",
  SessionStart: "capture",
  SessionEnd: "capture",
  Stop: "acknowledge",
  StopFailure: "capture",
  SubagentStart: "capture",
  SubagentStop: "acknowledge",
  PreCompact: "capture",
  PostCompact: "capture",
  PreModelSwitch: "capture",
  PostModelSwitch: "capture",
  PermissionRequest: "capture",
  PermissionDenied: "capture",
  Setup: "capture",
  TeammateIdle: "capture",
  TaskCreated: "capture",
  TaskCompleted: "capture",
  Elicitation: "capture",
  ElicitationResult: "capture",
  ConfigChange: "capture",
  // A WorktreeCreate hook replaces Claude Code's own worktree creation: it must print a path, or creation fails.
  WorktreeCreate: "left out",
  // The other half of the same takeover: only whoever made the worktree by a hook has to remove it by one.
  WorktreeRemove: "left out",
  InstructionsLoaded: "capture",
  CwdChanged: "capture",
  // Fires only for the file names in its matcher, and Nexus has no fixed list of names to watch.
  FileChanged: "left out",
  DirectoryAdded: "capture",
  // Fires on every flush of streamed text: one process start each, for text that the transcript holds anyway.
  MessageDisplay: "left out"
} as const satisfies Record<string, Route>

const group = (command: string, matcher?: string): MatcherGroup => ({
  ...(matcher === undefined ? {} : { matcher }),
  hooks: [{ type: "command", command, timeout: 10 }]
})

const groups = (route: Exclude<Route, "left out">, commands: HookCommands): ReadonlyArray<MatcherGroup> => {
  switch (route) {
    case "capture":
      return [group(commands.capture)]
    case "acknowledge":
      return [group(commands.acknowledge)]
    case "by tool":
      return [group(commands.acknowledge, shellToolsMatcher), group(commands.capture, otherToolsMatcher)]
  }
}

/** What to register: event name → matcher groups. */
export const hookPlan = (commands: HookCommands): Readonly<Record<string, ReadonlyArray<MatcherGroup>>> =>
  Object.fromEntries(
    Object.entries(eventRoutes).flatMap(([event, route]) =>
      route === "left out" ? [] : [[event, groups(route, commands)] as const]
    )
  )

/** POSIX single quoting: within it nothing is special but the quote itself (POSIX.1-2024, XCU 2.2.2). */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

const withAcknowledge = (capture: string): HookCommands => ({ capture, acknowledge: `${capture} ack` })

/**
 * The commands for settings that stay on this machine. They do nothing and succeed once the script is gone.
 *
 * `hookScript` is an absolute path that ends in `/bin/nexus-hook`; any other name is not recognised as ours later.
 */
export const localCommands = (hookScript: string): HookCommands => {
  const script = quote(hookScript)
  return withAcknowledge(`[ ! -x ${script} ] || exec ${script} claude`)
}

/** The commands for settings that are committed: the script is looked up at run time, so nobody without Nexus is disturbed. */
export const sharedCommands: HookCommands = withAcknowledge(
  'h="${NEXUS_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/nexus}/bin/nexus-hook"; [ ! -x "$h" ] || exec "$h" claude'
)

/** The commands where there is no POSIX shell: Node itself, for every hook. Not tried on Windows yet. */
export const windowsCommands = (target: {
  readonly node: string
  readonly nexus: string
  readonly home: string
}): HookCommands => {
  const [node, nexus, home] = [target.node, target.nexus, target.home].map((path) => `"${path.replaceAll("\\", "/")}"`)
  const command = `${node} ${nexus} hook claude --home ${home}`
  return { capture: command, acknowledge: command }
}

const guarded = /^\[ ! -x ('[^']*'(?:\\''[^']*')*) \] \|\| exec \1 claude(?: ack)?$/

/** One simple command of plain, single-quoted or double-quoted words: no expansion, no operator, no redirection. */
const simple = /^(?:'[^']*'|"[^"$`\\]*"|\\'|[\w./@%+,:=~-])+(?: (?:'[^']*'|"[^"$`\\]*"|\\'|[\w./@%+,:=~-])+)*$/

const words = (command: string): ReadonlyArray<string> =>
  Array.from(command.matchAll(/(?:'[^']*'|"[^"]*"|\\'|[^ '"\\])+/g), ([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"|\\(')/g, (_, single?: string, double?: string, escaped?: string) =>
      [single, double, escaped].join("")
    )
  )

const scriptPath = /\/bin\/nexus-hook$/
const nodePath = /(?:^|\/)node(?:\.exe)?$/
const programPath = /\/nexus\.[cm]?js$/
const binaryPath = /(?:^|\/)nexus$/

/** Does this argument list (without `exec`) start Nexus' Claude hook, in any form that a version of Nexus has written? */
const startsHook = ([first = "", ...rest]: ReadonlyArray<string>): boolean => {
  const bare = rest.at(-2) === "--home" ? rest.slice(0, -2) : rest
  const args = bare.at(-1) === "ack" ? bare.slice(0, -1) : bare
  if (scriptPath.test(first)) return args.length === 1 && args[0] === "claude"
  const verbs = nodePath.test(first) && programPath.test(args[0] ?? "") ? args.slice(1) : args
  const isProgram = binaryPath.test(first) || verbs !== args
  return isProgram && verbs.length === 2 && verbs[0] === "hook" && verbs[1] === "claude"
}

/**
 * Was this command written by Nexus? Only whole commands of these forms are, each with or without ` ack` at its end:
 * `localCommands`, `sharedCommands`, `[exec] …/bin/nexus-hook claude`, `[exec] […/]nexus hook claude` and
 * `[exec] […/]node …/nexus.js hook claude [--home FOLDER]`, with words plain or quoted. The word "nexus" alone never is.
 */
export const isNexusCommand = (command: string): boolean => {
  if (command === sharedCommands.capture || command === sharedCommands.acknowledge) return true
  const script = guarded.exec(command)?.[1]
  if (script !== undefined) return scriptPath.test(words(script)[0] ?? "")
  if (!simple.test(command)) return false
  const [first, ...rest] = words(command)
  return startsHook(first === "exec" ? rest : [first ?? "", ...rest])
}
