/** What shows that a workspace of plain processes is used: what was started in it, and who is connected to it (proc(5)). */
import type { Activity } from "../../app/ports/Backend.ts"
import { established } from "../Connections.ts"
import { type Group, runs, textOf } from "./ProcessGroup.ts"

/** `ports`: of this machine, that its services listen on. */
export const activityOf = (groups: ReadonlyArray<Group>, ports: ReadonlySet<number>): Activity => {
  const connections = ["tcp", "tcp6"].flatMap((table) => established(textOf(`/proc/net/${table}`)))
  return {
    ssh: 0,
    connections: connections.filter(({ port }) => ports.has(port)).length,
    commands: groups.filter(runs).length,
    terminals: 0
  }
}
