/** Models of several characters, for the tools that a client has. */
import { join } from "node:path"
import { call, lastMatch, type Reply, says, type Script } from "./Script.ts"

interface Tools {
  readonly shell: (command: string) => Reply
  readonly write: (path: string, content: string) => Reply
}

const tools = {
  opencode: {
    shell: (command) => call("bash", { command, description: "A step" }),
    write: (filePath, content) => call("write", { filePath, content })
  },
  claude: {
    shell: (command) => call("Bash", { command, description: "A step" }),
    write: (path, content) => call("Write", { file_path: path, content })
  }
} satisfies Readonly<Record<string, Tools>>

export interface Workers extends Tools {
  /** Thinks that it is done, until it is told what is left; then does that task as it is told, with a file for each. */
  readonly forgetful: (repository: string) => Script
  /** Says something else each time, and does nothing. */
  readonly idle: Script
  /** Calls a tool each time that it is told to go on, of which nothing comes. */
  readonly busy: Script
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
    idle: ({ number }) => says(`Thought ${"so ".repeat(number)}about it.`),
    busy: (asked) =>
      asked.messages.at(-1)?.role === "tool" ? says(`Tried it ${"again ".repeat(asked.number)}.`) : shell("true")
  }
}
