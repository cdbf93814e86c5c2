/** How far a task is, in the words of agents' own lists. */
import type { AgentTask } from "../../domain/boulder/Mirror.ts"

/** The words of Claude Code and OpenCode; undefined for others. */
export const statusOf = (word: string | undefined): AgentTask["status"] | undefined => {
  switch (word) {
    case "pending":
      return "open"
    case "in_progress":
      return "started"
    case "completed":
      return "done"
    case "cancelled":
    case "deleted":
      return "cancelled"
    default:
      return undefined
  }
}
