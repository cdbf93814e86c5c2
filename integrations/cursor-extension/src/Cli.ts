/** Asks the `nexus` program of this machine: never through a shell, and never for ever. */
import { execFile } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { homedir } from "node:os"
import { delimiter, isAbsolute, join } from "node:path"

/**
 * Milliseconds. Nobody types against it, and a machine on which several agents build is slow: what is merely late must not look
 * like a Nexus that is not there.
 */
const patience = 20_000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The program: as configured, else `nexus` on the PATH, else the launcher that Nexus keeps in its home; undefined when there is
 * none. The home is found as Nexus finds it: NEXUS_HOME, else the XDG data directory.
 */
export const programIn = (configured: string, environment: Environment): string | undefined => {
  if (configured.startsWith("~/")) return join(homedir(), configured.slice(2))
  if (configured !== "") return configured
  const folders = (environment["PATH"] ?? "").split(delimiter).filter(isAbsolute)
  const data = environment["XDG_DATA_HOME"] ?? ""
  const home = environment["NEXUS_HOME"] || join(isAbsolute(data) ? data : join(homedir(), ".local", "share"), "nexus")
  return [...folders.map((folder) => join(folder, "nexus")), join(home, "bin", "nexus")].find(isProgram)
}

export type Answer = { readonly ok: true; readonly printed: string } | { readonly ok: false; readonly reason: string }

/** What a command printed, or why there is nothing. Never fails. */
export const ask = (
  program: string | undefined,
  args: ReadonlyArray<string>,
  folder: string,
  limit = patience
): Promise<Answer> =>
  new Promise((resolve) => {
    if (program === undefined) return resolve({ ok: false, reason: "There is no nexus program: set nexus.path." })
    const options = { cwd: folder, maxBuffer: 256 * 1024 * 1024, windowsHide: true, shell: false }
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      clearTimeout(timer)
      resolve(error === null ? { ok: true, printed: stdout } : { ok: false, reason: reasonIn(stderr, error.message) })
    })
    const timer = setTimeout(() => {
      resolve({ ok: false, reason: "Nexus did not answer in time." })
      child.kill("SIGKILL")
      // What it started may live on, and hold these open.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, limit)
  })

export type JsonAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string }

export const askJson = async (
  program: string | undefined,
  args: ReadonlyArray<string>,
  folder: string
): Promise<JsonAnswer> => {
  const answer = await ask(program, [...args, "--json"], folder)
  if (!answer.ok) return answer
  try {
    return { ok: true, value: JSON.parse(answer.printed) as unknown }
  } catch {
    return { ok: false, reason: "What nexus printed is no JSON. Is nexus.path another program?" }
  }
}

/** Nexus says what went wrong as `{"error":{"message"}}`, or in a line. */
const reasonIn = (stderr: string, otherwise: string): string => {
  const last = stderr.trim().split("\n").at(-1) ?? ""
  try {
    const { error } = JSON.parse(last) as { error?: { message?: unknown } }
    return typeof error?.message === "string" ? error.message : otherwise
  } catch {
    return last === "" ? otherwise : last
  }
}

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
