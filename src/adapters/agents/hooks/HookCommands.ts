/**
 * The shell commands that hooks run, and how one that Nexus wrote is told from anybody else's.
 *
 * `AGENT` is the word by which `nexus hook` knows the client.
 */
import type { HookTarget } from "../../../app/ports/Agent.ts"

/**
 * The commands. `capture` writes stdin to the spool and returns; `acknowledge` also waits for the commit, and answers; `wake` waits
 * until an idle conversation can go on.
 */
export interface HookCommands {
  readonly capture: string
  readonly acknowledge: string
  readonly wake: string
}

/** POSIX single quoting: within it nothing is special but the quote itself (POSIX.1-2024, XCU 2.2.2). */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

const withModes = (capture: string): HookCommands => ({
  capture,
  acknowledge: `${capture} ack`,
  wake: `${capture} wake`
})

/**
 * The commands for settings that stay on this machine. They do nothing and succeed once the script is gone.
 *
 * `hookScript` is an absolute path that ends in `/bin/nexus-hook`; any other name is not recognised as ours later.
 */
export const localCommands = (hookScript: string, agent: string): HookCommands => {
  const script = quote(hookScript)
  return withModes(`[ ! -x ${script} ] || exec ${script} ${agent}`)
}

/** The commands for settings that are committed: the script is looked up at run time, so nobody without Nexus is disturbed. */
export const sharedCommands = (agent: string): HookCommands =>
  withModes(
    `h="\${NEXUS_HOME:-\${XDG_DATA_HOME:-$HOME/.local/share}/nexus}/bin/nexus-hook"; [ ! -x "$h" ] || exec "$h" ${agent}`
  )

/** The commands where there is no POSIX shell: Node itself, for every hook. Not tried on Windows yet. */
const windowsCommands = (target: HookTarget, agent: string): HookCommands => {
  const [node, nexus, home] = [target.node, target.nexus, target.home].map((path) => `"${path.replaceAll("\\", "/")}"`)
  const command = `${node} ${nexus} hook ${agent} --home ${home}`
  return { capture: command, acknowledge: command, wake: `${command} --wake` }
}

/** The commands of a client's hooks on this machine, or in settings that are committed. */
export const commandsOf = (agent: string, target: HookTarget, scope: "local" | "shared"): HookCommands => {
  if (target.platform === "win32") return windowsCommands(target, agent)
  return scope === "shared" ? sharedCommands(agent) : localCommands(target.script, agent)
}

const guarded = /^\[ ! -x ('[^']*'(?:\\''[^']*')*) \] \|\| exec \1 ([a-z-]+)(?: ack| wake)?$/

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

/** Does this argument list (without `exec`) start Nexus' hook of a client, in any form that a version of Nexus has written? */
const startsHook = ([first = "", ...rest]: ReadonlyArray<string>, agent: string): boolean => {
  const whole = rest.at(-1) === "--wake" ? rest.slice(0, -1) : rest
  const bare = whole.at(-2) === "--home" ? whole.slice(0, -2) : whole
  const args = /^(?:ack|wake)$/.test(bare.at(-1) ?? "") ? bare.slice(0, -1) : bare
  if (scriptPath.test(first)) return args.length === 1 && args[0] === agent
  const verbs = nodePath.test(first) && programPath.test(args[0] ?? "") ? args.slice(1) : args
  const isProgram = binaryPath.test(first) || verbs !== args
  return isProgram && verbs.length === 2 && verbs[0] === "hook" && verbs[1] === agent
}

/**
 * Was this command written by Nexus for this client? Only whole commands of these forms are, each with or without ` ack` or
 * ` wake` at its end: `localCommands`, `sharedCommands`, `[exec] …/bin/nexus-hook AGENT`, `[exec] […/]nexus hook AGENT` and
 * `[exec] […/]node …/nexus.js hook AGENT [--home FOLDER]`, with words plain or quoted. The word "nexus" alone never is.
 */
export const isNexusCommand = (command: string, agent: string): boolean => {
  const shared = sharedCommands(agent)
  if ([shared.capture, shared.acknowledge, shared.wake].includes(command)) return true
  const [, script, named] = guarded.exec(command) ?? []
  if (script !== undefined) return named === agent && scriptPath.test(words(script)[0] ?? "")
  if (!simple.test(command)) return false
  const [first, ...rest] = words(command)
  return startsHook(first === "exec" ? rest : [first ?? "", ...rest], agent)
}
