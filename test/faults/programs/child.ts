/** What the child programs of the fault tests share. */
import { writeSync } from "node:fs"

// The test holds the other end open: when it is gone, so is this process.
process.stdin.on("end", () => process.exit(1)).resume()

/** Prints one line, at once and whole. */
export const say = (...words: ReadonlyArray<string | number | boolean>): void => {
  writeSync(1, `${words.join(" ")}\n`)
}

export const args: ReadonlyArray<string> = process.argv.slice(2)

export const numberArg = (index: number): number => Number(args[index])
