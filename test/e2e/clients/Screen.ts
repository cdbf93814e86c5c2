/** A program on a terminal of its own, as a person has it: keys go in, and what stands on the screen can be waited for. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { start } from "../../support/processes.ts"
import { installed } from "./Installed.ts"

const exec = promisify(execFile)

/** Where this machine has it: it draws the screen. */
export const tmux = installed("NEXUS_E2E_TMUX", "tmux")

export interface Screen {
  /** What stands on it, once that matches. */
  readonly shows: (pattern: RegExp) => Promise<string>
  /** Keys by their names in tmux ("Enter", "Escape"). */
  readonly press: (...keys: ReadonlyArray<string>) => Promise<void>
  readonly type: (text: string) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export interface ScreenOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** A folder for its socket. */
  readonly folder: string
}

/** Starts a program on a screen of 160 columns and 50 lines. */
export const openScreen = async (
  command: ReadonlyArray<string>,
  { cwd, env, folder }: ScreenOptions
): Promise<Screen> => {
  const program = tmux ?? "tmux"
  const server = ["-S", join(folder, "screen"), "-f", "/dev/null"]
  const variables = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
  const ask = async (...args: ReadonlyArray<string>): Promise<string> =>
    (await exec(program, [...server, ...args], { env: variables })).stdout
  await ask("new-session", "-d", "-x", "160", "-y", "50", "-c", cwd, ...command)
  // It tells of everything that is drawn, so nobody has to look again and again.
  const told = start(program, [...server, "-C", "attach"], { env, open: true })
  return {
    shows: async (pattern) => {
      for (let seen = told.lines.length; ;) {
        const text = await ask("capture-pane", "-p")
        if (pattern.test(text)) return text
        await told.printed(seen + 1)
        seen = told.lines.length
      }
    },
    press: async (...keys) => {
      await ask("send-keys", ...keys)
    },
    type: async (text) => {
      await ask("send-keys", "-l", text)
    },
    [Symbol.asyncDispose]: async () => {
      await ask("kill-server").catch(() => undefined)
      await told.kill().catch(() => undefined)
    }
  }
}
