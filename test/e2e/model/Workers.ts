/** Models of several characters, for the tools that OpenCode has. */
import { join } from "node:path"
import { call, lastSaid, type Reply, says, type Script, stepsSince } from "./Script.ts"

export const shell = (command: string): Reply => call("bash", { command, description: "A step" })

/** Thinks that it is done, until it is told what is left; then does that task as it is told, with a file for each. */
export const forgetful =
  (repository: string): Script =>
  (asked) => {
    const [, nexus = "", id] = /Begin it: (.+) task start (T-\d+)/.exec(lastSaid(asked)) ?? []
    if (id === undefined) return says("All is done.")
    const steps = [
      shell(`${nexus} task start ${id}`),
      call("write", { filePath: join(repository, `${id}.txt`), content: `${id}\n` }),
      shell(`${nexus} task done ${id}`)
    ]
    return steps[stepsSince(asked)] ?? says(`${id} is done.`)
  }

/** Says something else each time, and does nothing. */
export const idle: Script = ({ number }) => says(`Thought ${"so ".repeat(number)}about it.`)

/** Calls a tool each time that it is told to go on, of which nothing comes. */
export const busy: Script = (asked) =>
  stepsSince(asked) === 0 ? shell("true") : says(`Tried it ${"again ".repeat(asked.number)}.`)
