/** Commit messages by the rules of commitlint (Conventional Commits 1.0.0), as the project configures them. */
import conventional from "@commitlint/config-conventional"
import lint from "@commitlint/lint"
import rules from "@commitlint/rules"
import createPreset from "conventional-changelog-conventionalcommits"
import { parse as parseJson } from "jsonc-parser"
import { parse as parseYaml } from "yaml"
import type { CommitsOptions, Convention, Finding } from "../../../domain/boulder/Checks.ts"
import type { WorkCommit } from "../../ports/Work.ts"

type Rules = NonNullable<Parameters<typeof lint>[1]>

export interface HeaderRules {
  readonly rules: Rules
  /** What is not obeyed of the project's configuration, and why. */
  readonly remark?: string
}

/** A header that commitlint can read at all. */
const form = ["type-empty", "subject-empty"]
/** Those of config-conventional that are not a matter of taste. */
const plain = [...form, "type-case", "type-enum", "header-max-length"]

const conventionalRules = conventional.rules as unknown as Rules

const only = (all: Rules, names: ReadonlyArray<string>): Rules =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))

export const rulesOf = (convention: Convention | null, { types }: CommitsOptions): HeaderRules => {
  const own = types === undefined ? {} : { "type-enum": [2, "always", [...types]] as const }
  const found = convention === null ? { rules: only(conventionalRules, plain) } : configured(convention)
  return { ...found, rules: { ...found.rules, ...own } }
}

const configured = ({ file, text }: Convention): HeaderRules => {
  const formOnly = (why: string): HeaderRules => ({
    rules: only(conventionalRules, form),
    remark: `${file} ${why}: only the form of headers is judged.`
  })
  if (text === null) return formOnly("is code, which is not run")
  const data = dataIn(text)
  if (data === undefined) return formOnly("can't be read")
  const bases = [data["extends"] ?? []].flat()
  const isConventional = bases.some((name) => name === "@commitlint/config-conventional" || name === "conventional")
  const others = bases.some((name) => name !== "@commitlint/config-conventional" && name !== "conventional")
  const own = Object.entries(isRecord(data["rules"]) ? data["rules"] : {}).filter(
    ([name, rule]) => Object.hasOwn(rules, name) && isRule(rule)
  )
  // Without any rule, commitlint would have nothing to say.
  const inherited = isConventional ? conventionalRules : others ? only(conventionalRules, form) : {}
  return {
    rules: { ...inherited, ...Object.fromEntries(own) } as Rules,
    ...(others ? { remark: `${file} extends what is code, which is not run.` } : {})
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** As @commitlint/lint demands it. */
const isRule = (rule: unknown): boolean => {
  if (!Array.isArray(rule)) return false
  const [level, when] = rule as ReadonlyArray<unknown>
  if (level === 0) return rule.length === 1 || when === "always" || when === "never"
  return (level === 1 || level === 2) && (when === "always" || when === "never") && rule.length <= 3
}

const dataIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  const attempt = (read: () => unknown) => {
    try {
      const value = read()
      return isRecord(value) ? value : undefined
    } catch {
      return undefined
    }
  }
  // A file without an ending holds the one or the other (cosmiconfig reads both as YAML).
  return attempt(() => parseYaml(text)) ?? attempt(() => parseJson(text) as unknown)
}

type ParserOptions = NonNullable<NonNullable<Parameters<typeof lint>[2]>["parserOpts"]>

// Its types say less than its documentation.
const { parser: parserOpts } = createPreset() as { readonly parser: ParserOptions }

/** As git, and services that merge for it, write them. */
const byGit =
  /^(?:(?:Revert|Reapply) "|Merge (?:branch|branches|commit|commits|tag|tags|remote-tracking|pull request) )/

export const isConventional = (subject: string): boolean =>
  byGit.test(subject) || /^[a-z]+(?:\([^)]*\))?!?: \S/i.test(subject)

/** "wip", "WIP: parser", "[wip] parser", "feat: wip"; not "fix: wip limits are kept". */
const unfinished =
  /^\W*(?:wip|work in progress)(?![-\w])|^\w+(?:\([^)]*\))?!?: *(?:\W*(?:wip|work in progress)\W*$|\[wip\]|wip:)/i

/** What is wrong with one commit's message; nothing with that of a merge, or a revert as git writes it. */
export const judgeMessage = async (
  { commit, parents, message }: WorkCommit,
  applied: Rules | undefined
): Promise<ReadonlyArray<Finding>> => {
  const header = message.split("\n", 1)[0]?.trim() ?? ""
  const finding = (rule: string, text: string): Finding => ({ rule, message: text, commit, header })
  if (parents.length > 1) return []
  if (/^(?:fixup|squash|amend)! /.test(header))
    return [finding("fixup", "is to be squashed into another: git rebase --autosquash")]
  if (byGit.test(header)) return []
  const found = unfinished.test(header) ? [finding("wip", "is work in progress")] : []
  if (header === "") return [finding("subject-empty", "the message is empty")]
  if (applied === undefined) return found
  const { errors } = await lint(message, applied, { parserOpts, defaultIgnores: false })
  return [...found, ...errors.map(({ name, message: text }) => finding(name, text))]
}
