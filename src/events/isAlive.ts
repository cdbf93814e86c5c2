/** Whether a process with this id runs on this machine. It may be another one than was meant: ids are used again. */
export const isAlive = (pid: number): boolean => {
  try {
    if (pid <= 0) return false
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}
