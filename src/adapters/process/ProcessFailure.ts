/** What goes wrong with processes of this machine, as a backend tells it. */
import { BackendFailed } from "../../app/ports/Backend.ts"

export const name = "process"

export const failed = (operation: string, cause: unknown): BackendFailed =>
  new BackendFailed({
    backend: name,
    operation,
    kind: cause instanceof Error && "code" in cause && cause.code === "ENOSPC" ? "no-space" : "failed",
    detail: cause instanceof Error ? cause.message : String(cause)
  })

export const refused = (operation: string, detail: string, advice?: string) =>
  new BackendFailed({
    backend: name,
    operation,
    kind: "refused",
    detail,
    ...(advice === undefined ? {} : { advice })
  })

export const gone = (operation: string) =>
  new BackendFailed({
    backend: name,
    operation,
    kind: "gone",
    detail: "there is nothing of this workspace here.",
    advice: "Put it right: nexus workspace repair NAME"
  })
