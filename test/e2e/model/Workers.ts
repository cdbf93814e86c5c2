/** Models of several characters, for the tools that a client has. */
import { join } from "node:path"
import { call, lastMatch, type Reply, says, type Script } from "./Script.ts"

interface Tools {
  readonly shell: (command: string) => Reply
  readonly write: (path: string, content: string) => Reply
}

/** A patch that makes a file of whole lines. */
const added = (path: string, content: string): string => {
  const lines = content.replace(/\n$/, "").split("\n")
  return ["*** Begin Patch", `*** Add File: ${path}`, ...lines.map((line) => `+${line}`), "*** End Patch"].join("\n")
}

const tools = {
  opencode: {
    shell: (command) => call("bash", { command, description: "A step" }),
    write: (filePath, content) => call("write", { filePath, content })
  },
  claude: {
    shell: (command) => call("Bash", { command, description: "A step" }),
    write: (path, content) => call("Write", { file_path: path, content })
  },
  gemini: {
    shell: (command) => call("run_shell_command", { command, description: "A step" }),
    write: (path, content) => call("write_file", { file_path: path, content })
  },
  codex: {
    shell: (cmd) => call("exec_command", { cmd }),
    write: (path, content) => call("apply_patch", { input: added(path, content) })
  }
} satisfies Readonly<Record<string, Tools>>

export interface Workers extends Tools {
  /** Thinks that it is done, until it is told what is left; then does that task as it is told, with a file for each. */
  readonly forgetful: (repository: string) => Script
  /** Says something else each time, and does nothing. */
  readonly idle: Script
  /** Calls a tool each time that it is told to go on, of which nothing comes. */
  readonly busy: Script
  /** Writes another file each time that it is told to go on, and is never done. */
  readonly restless: (repository: string) => Script
}

export const workersOf = (client: keyof typeof tools): Workers => {
  const { shell, write } = tools[client]
  return {
    shell,
    write,
    forgetful: (repository) => (asked) => {
      const told = lastMatch(asked, /Begin it: (.+) task start (T-\d+)/)
      if (told === undefined) return says("All is done.")
      const [, nexus = "", id = ""] = told.found
      const steps = [
        shell(`${nexus} task start ${id}`),
        write(join(repository, `${id}.txt`), `${id}\n`),
        shell(`${nexus} task done ${id}`)
      ]
      return steps[told.steps] ?? says(`${id} is done.`)
    },
    restless: (repository) => (asked) =>
      asked.messages.at(-1)?.role === "tool" || asked.number === 1
        ? says(`Wrote ${"more ".repeat(asked.number)}of it.`)
        : write(join(repository, `part-${asked.number}.txt`), `${asked.number}\n`),
    idle: ({ number }) => says(`Thought ${"so ".repeat(number)}about it.`),
    busy: (asked) =>
      asked.messages.at(-1)?.role === "tool" ? says(`Tried it ${"again ".repeat(asked.number)}.`) : shell("true")
  }
}
