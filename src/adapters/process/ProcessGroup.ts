/** Processes that belong together: ended together, and what they use and listen on (proc(5); elsewhere nothing is known). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import type { Usage } from "../../app/ports/Backend.ts"
import type { Protocol } from "../../domain/workspace/Spec.ts"
import { processMark } from "../../events/processMark.ts"

/** A process group by its leader. `mark`: when that started, so that another process with its number is not taken for it. */
export interface Group {
  readonly pid: number
  readonly mark: string
}

/** False when there is none of it any more. */
export const killGroup = ({ pid, mark }: Group, signal: NodeJS.Signals): boolean => {
  try {
    const now = processMark(pid)
    // Without its leader a group may go on, but then nothing has taken the number.
    if (pid <= 1 || (now !== "" && now !== mark)) return false
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

/** Whether anything of it still runs; what has ended and is not yet waited for does not. */
export const runs = (group: Group): boolean => {
  const now = processMark(group.pid)
  return (
    (now === "" || now === group.mark) && membersOf([group]).some((pid) => !/\) Z /.test(textOf(`/proc/${pid}/stat`)))
  )
}

/** In the environment of everything that a command starts, wherever it goes: a session of its own, another group. */
export const tagVariable = "NEXUS_EXECUTION"

/** Ends all that carries the tag; also what it starts meanwhile. */
export const killTagged = (tag: string): void => {
  const entry = `${tagVariable}=${tag}\0`
  for (let round = 0; round < 20; round++) {
    const found = namesIn("/proc").filter((pid) => /^\d+$/.test(pid) && isTagged(pid, entry))
    if (found.length === 0) return
    for (const pid of found) {
      try {
        process.kill(Number(pid), "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** One that has ended and is not yet waited for has no environment any more. */
const isTagged = (pid: string, entry: string): boolean => textOf(`/proc/${pid}/environ`).includes(entry)

export const usageOf = (groups: ReadonlyArray<Group>): Usage => {
  const members = membersOf(groups)
  return {
    time: Date.now(),
    processes: members.length,
    cpuMs: members.reduce((sum, pid) => sum + cpuMs(pid), 0),
    memoryBytes: members.reduce((sum, pid) => sum + residentBytes(pid), 0)
  }
}

/** TCP ports on which one of them listens. */
export const listeningPorts = (
  groups: ReadonlyArray<Group>
): ReadonlyArray<{ readonly port: number; readonly protocol: Protocol }> => {
  const sockets = new Set(membersOf(groups).flatMap(socketsOf))
  const ports = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    textOf(file)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Column 3: the state, 0A is LISTEN; column 9: the socket's inode.
      .filter((columns) => columns[3] === "0A" && sockets.has(columns[9] ?? ""))
      .map((columns) => Number.parseInt(columns[1]?.split(":")[1] ?? "0", 16))
  )
  return [...new Set(ports)].sort((a, b) => a - b).map((port) => ({ port, protocol: "tcp" }))
}

const membersOf = (groups: ReadonlyArray<Group>): ReadonlyArray<number> =>
  groups.length === 0
    ? []
    : namesIn("/proc")
        .filter((name) => /^\d+$/.test(name))
        // After the command in parentheses: state, parent, group.
        .filter((pid) =>
          groups.some((group) => group.pid === Number(textOf(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[2]))
        )
        .map(Number)

/** Columns 14 and 15 of all, in hundredths of a second (USER_HZ). */
const cpuMs = (pid: number): number => {
  const columns = textOf(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? []
  return (Number(columns[11] ?? 0) + Number(columns[12] ?? 0)) * 10
}

const residentBytes = (pid: number): number => Number(textOf(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * 4096

const socketsOf = (pid: number): ReadonlyArray<string> =>
  namesIn(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

export const textOf = (file: string): string => {
  try {
    return readFileSync(file, "latin1")
  } catch {
    return ""
  }
}

export const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15
}
