/** What is neither a file nor a folder nor a link, in a word. */
import type { BigIntStats, Stats } from "node:fs"

export const specialKind = (stat: BigIntStats | Stats): string =>
  stat.isSocket()
    ? "a socket"
    : stat.isFIFO()
      ? "a pipe"
      : stat.isBlockDevice() || stat.isCharacterDevice()
        ? "a device"
        : "no file"
