import { readFileSync } from "node:fs"
import { bootId } from "./bootId.ts"

/** When a process started, so that another one with its number is not taken for it. Empty where the system does not tell. */
export const processMark = (pid: number): string => {
  try {
    // After the command in parentheses, field 22 of all: clock ticks since the boot (proc(5)).
    const started = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")[19]
    return started === undefined ? "" : `${bootId()}:${started}`
  } catch {
    return ""
  }
}
