/** What a project configures for other programs that do what a built-in gate does. Data is read; code never runs here. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { CheckName, Convention } from "../../domain/boulder/Checks.ts"

/** In the order in which those programs look for them. Sources: commitlint's and markdownlint-cli2's documentation. */
const files: Readonly<Record<CheckName, ReadonlyArray<string>>> = {
  commits: [
    "package.json",
    ...["", ".json", ".yaml", ".yml", ".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"].map((end) => `.commitlintrc${end}`),
    ...[".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"].map((end) => `commitlint.config${end}`)
  ],
  documentation: [
    ".markdownlint-cli2.jsonc",
    ".markdownlint-cli2.yaml",
    ".markdownlint.jsonc",
    ".markdownlint.json",
    ".markdownlint.yaml",
    ".markdownlint.yml",
    ...[".cjs", ".mjs"].flatMap((end) => [`.markdownlint-cli2${end}`, `.markdownlint${end}`])
  ]
}

const most = 256 * 1024

/** The first that there is; null when there is none. */
export const conventionOf = (checkout: string, check: CheckName): Convention | null => {
  for (const file of files[check]) {
    const path = join(checkout, file)
    if (!existsSync(path)) continue
    const text = /\.[cm]?[jt]s$/.test(file) ? null : textOf(path)
    if (file !== "package.json") return { file, text }
    const own = text === null ? undefined : commitlintIn(text)
    if (own !== undefined) return { file, text: JSON.stringify(own) }
  }
  return null
}

const textOf = (path: string): string | null => {
  try {
    return statSync(path).size > most ? null : readFileSync(path, "utf8")
  } catch {
    return null
  }
}

const commitlintIn = (text: string): unknown => {
  try {
    return (JSON.parse(text) as { commitlint?: unknown } | null)?.commitlint
  } catch {
    return undefined
  }
}
