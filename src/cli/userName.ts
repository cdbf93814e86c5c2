import { userInfo } from "node:os"

/** The account that runs this process. */
export const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? "unknown")
  }
}
