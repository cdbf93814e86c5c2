/** Where this device's log and what belongs to it are kept: one folder, for its owner only. */
import { homedir } from "node:os"
import { isAbsolute, join, resolve } from "node:path"

export interface Home {
  readonly path: string
  readonly log: string
  readonly spool: string
  /** The script that agents' hooks run. */
  readonly hookScript: string
  /** Starts Nexus with this home, where it is on nobody's PATH. */
  readonly launcher: string
  readonly config: string
  /** What settings files were before Nexus wrote into them, so that they can be put back. */
  readonly installs: string
  /** What checkouts were like before the calls that are under way now. */
  readonly calls: string
  /** Where stops are judged by the files, so that a hook can begin to look at them at once. */
  readonly held: string
  /** A folder for each workspace: what its backend needs, its private git directory, its spool. */
  readonly workspaces: string
  /** The files and git states of checkpoints. */
  readonly trees: string
  /** Templates of workspaces as they were read, by digest, and the repositories that they came from. */
  readonly templates: string
  /** What the process that looks after workspaces tells of itself. */
  readonly keeper: string
}

export const at = (path: string): Home => ({
  path,
  log: join(path, "nexus.db"),
  spool: join(path, "spool"),
  hookScript: join(path, "bin", "nexus-hook"),
  launcher: join(path, "bin", "nexus"),
  config: join(path, "config.jsonc"),
  installs: join(path, "installs"),
  calls: join(path, "calls"),
  held: join(path, "held.json"),
  workspaces: join(path, "workspaces"),
  trees: join(path, "trees"),
  templates: join(path, "templates"),
  keeper: join(path, "keeper.json")
})

/** `flag` (--home), else NEXUS_HOME, else the XDG data directory (XDG Base Directory Specification 0.8: relative paths are ignored). */
export const locate = (flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Home => {
  const chosen = flag ?? (env["NEXUS_HOME"] === "" ? undefined : env["NEXUS_HOME"])
  if (chosen !== undefined) return at(resolve(chosen))
  const xdg = env["XDG_DATA_HOME"]
  return at(join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".local", "share"), "nexus"))
}
