/** `.worktree/` in `info/exclude`, which is nobody's but this clone's: no ignore file of the project changes. */
import { mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { replaceFile } from "../../../app/ReplaceFile.ts"

const line = "/.worktree/"
const same = new Set([line, ".worktree/", "/.worktree", ".worktree"])

const fileOf = (commonDir: string): string => join(commonDir, "info", "exclude")

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw cause
  }
}

/** True when it wrote. */
export const exclude = (commonDir: string): boolean => {
  const file = fileOf(commonDir)
  const text = textOf(file) ?? ""
  if (text.split("\n").some((one) => same.has(one.trimEnd()))) return false
  mkdirSync(dirname(file), { recursive: true })
  replaceFile(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`)
  return true
}

/** Takes back what `exclude` wrote. */
export const include = (commonDir: string): void => {
  const file = fileOf(commonDir)
  const text = textOf(file)
  if (text?.endsWith(`${line}\n`) === true) replaceFile(file, text.slice(0, -line.length - 1))
}
