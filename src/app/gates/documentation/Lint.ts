/** Markdown by the rules of markdownlint, as the project configures them. */
import { parse as parseJson } from "jsonc-parser"
import { type Configuration } from "markdownlint"
import { lint } from "markdownlint/sync"
import { parse as parseYaml } from "yaml"
import type { Convention, DocumentationOptions } from "../../../domain/boulder/Checks.ts"
import type { Suspicion } from "./Tree.ts"

export interface LintRules {
  /** Undefined: nothing is linted. */
  readonly rules: Configuration | undefined
  /** Files (globs) that the project's configuration leaves out. */
  readonly ignores: ReadonlyArray<string>
  readonly remark?: string
}

/** What is broken, whatever one's taste: (reversed)[links], links that lead nowhere, rows with too few or many cells. */
const broken: Configuration = { default: false, MD011: true, MD042: true, MD056: true }

/** Anchors are looked at with the links. */
const always: Configuration = { MD051: false }

export const lintRulesOf = (convention: Convention | null, { lint: chosen }: DocumentationOptions): LintRules => {
  if (chosen === false) return { rules: undefined, ignores: [] }
  if (chosen !== undefined) return { rules: { ...(chosen as Configuration), ...always }, ignores: [] }
  if (convention === null) return { rules: { ...broken, ...always }, ignores: [] }
  const { file, text } = convention
  const data = text === null ? undefined : dataIn(file, text)
  if (data === undefined)
    return {
      rules: { ...broken, ...always },
      ignores: [],
      remark: `${file} ${text === null ? "is code, which is not run" : "can't be read"}: Markdown is judged without it.`
    }
  const isWhole = file.startsWith(".markdownlint-cli2.")
  // Another file that it extends may be a package's.
  const { extends: _, ...rules } = (isWhole ? (data["config"] ?? {}) : data) as Configuration
  const ignores = isWhole && Array.isArray(data["ignores"]) ? data["ignores"].map(String) : []
  return { rules: { ...rules, ...always }, ignores }
}

const dataIn = (file: string, text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = file.endsWith("c") || file.endsWith("json") ? parseJson(text) : parseYaml(text)
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** Throws when a rule's settings are none. */
export const lintFindings = (rules: Configuration, path: string, text: string): ReadonlyArray<Suspicion> => {
  const lines = text.split("\n")
  const errors = lint({ strings: { [path]: text }, config: rules })[path] ?? []
  return errors
    .filter(({ severity }) => severity === "error")
    .map(({ lineNumber, ruleNames: [id = "", alias], ruleDescription, errorDetail }) => ({
      path,
      line: lineNumber,
      rule: alias === undefined ? id : `${id}/${alias}`,
      message: errorDetail === null ? ruleDescription : `${ruleDescription}: ${errorDetail}`,
      key: (lines[lineNumber - 1] ?? "").trim()
    }))
}
