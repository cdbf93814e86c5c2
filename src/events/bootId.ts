import { readFileSync } from "node:fs"

/** The first 8 characters of the id of this start of the kernel; 0 where there is none. */
export const bootId = (): string => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8)
  } catch {
    return "0"
  }
}
