/**
 * Finds secrets in text and replaces each with `[redacted:<rule>]`.
 *
 * The rules are gitleaks' (`GitleaksRules.ts`, generated) and a few of our own for what gitleaks has none for
 * (`supplement`, each with its source). The driver runs them as gitleaks does: a rule's expression is only tried where
 * one of its keywords stands, and a candidate is dropped if its entropy is too low or an allowlist names it.
 *
 * Guarantees:
 * - Lines stay: a marker holds every line break of the secret it replaces, so `text` has as many lines as before.
 * - Text without a secret is returned as it was, the very same string.
 * - Nothing of a found secret is in the result; overlapping finds are replaced as one.
 * - A redacted text redacted again stays as it is.
 * - The time is linear in the text's length: keywords are found in one pass, and an expression sees a window about its
 *   keyword, no more than `MAX_WINDOW` characters beyond it.
 * - Works on plain text, on JSON, and on JSON within JSON (escaped quotes and line breaks are understood).
 * - Nothing is compiled on import; the first call builds the keyword automaton, and a rule's expression when first met.
 *
 * Known limits:
 * - A secret without a known format and without a telling name before it (a bare password in prose, a bare 40-character
 *   AWS secret key) is not found; nor is a password of letters only, or of fewer than 6 characters.
 * - A secret split over several strings or lines, or encoded (hex, base64, gzip), is not found; private keys are.
 * - Of a secret longer than `MAX_WINDOW` the part beyond is left.
 * - A value that looks random under a name like `key` or `token` is redacted although it may be none.
 */
import { globalAllow, globalStopwords, type Rule, rules as gitleaks } from "./GitleaksRules.ts"

export interface Redaction {
  /** The text with a marker in place of each secret. */
  readonly text: string
  /** The names of the rules that found one, each once, in the order of their first find. */
  readonly rules: ReadonlyArray<string>
}

/** How far before a keyword a match may start, and how much text after it an expression is shown at first. */
const BEFORE = 128
const AFTER = 1024
/** A match that reaches its window's end is tried again in a larger one, up to this. */
const MAX_WINDOW = 262_144

/** What may stand after a value that is not quoted. */
const END = "(?=[\\s\"'`,;&)}\\]<>\\\\|]|$)"

/**
 * What gitleaks has no rule for, or only one that cannot run here.
 */
const supplement: ReadonlyArray<Rule> = [
  {
    // After secretlint-rule-basicauth and -database-connection-string (MIT), for any scheme, the user may be empty, and
    // only the password is taken. The allowlist is that of gitleaks' curl-auth-user.
    id: "url-password",
    source: "://[^\\s:/?#\\[\\]@\"'`<>{}$\\\\]{0,256}:([^\\s@/\"'`<>{}$\\\\]{3,256})@[\\w.[%-]",
    keywords: ["://"],
    assignment: true,
    allow: ["^(?:change_?(?:it|me)|pass(?:word)?|pwd|test|token|your[_-]?\\w*|\\*+|x+)$", "^\\[redacted"]
  },
  {
    // gitleaks, curl-auth-header (MIT): the schemes and their values' characters, also outside of curl.
    id: "authorization-header",
    source: "bearer[ \\t]{1,4}([\\w=~@.+/-]{16,})",
    keywords: ["bearer "],
    ignoreCase: true,
    assignment: true,
    entropy: 2.75,
    allow: ["^[a-zA-Z_./-]+$"]
  },
  {
    id: "authorization-header",
    source:
      "authorization[\"'\\\\]{0,4}[ \\t]{0,4}[:=][ \\t]{0,4}[`\"'\\\\]{0,4}(?:basic|(?:api-)?token)[ \\t]{1,4}" +
      "([\\w=~@.+/-]{8,})",
    keywords: ["authorization"],
    ignoreCase: true,
    assignment: true,
    entropy: 2.75,
    allow: ["^[a-zA-Z_./-]+$"]
  },
  {
    // gitleaks, curl-auth-user (MIT), without its polynomial search for the option.
    id: "curl-user",
    source:
      "curl\\b[^\\r\\n]{0,256}?[ \\t](?:-u|--user)[= \\t][ \\t]{0,4}[\\\\\"']{0,4}" +
      "[\\w@.-]{1,64}:([^\\s\"'$<{\\\\]{3,256})",
    keywords: ["curl"],
    assignment: true,
    allow: ["^(?:change_?(?:it|me)|pass(?:word)?|pwd|test|token|\\*+|x+)$", "^\\[redacted"]
  },
  {
    // After sensitive-canary's env-assignment (MIT): a password assigned, quoted or not, with a digit in it.
    // gitleaks' generic-api-key wants ten characters and an entropy that people's passwords do not have.
    id: "password-assignment",
    source:
      "(?:passw(?:or)?d|passphrase|pwd)[\\w.-]{0,20}[\"'\\\\]{0,4}[ \\t]{0,8}(?::=|=>|=|:)[ \\t]{0,8}(?:" +
      '\\\\{0,3}"(?=[^\\s"\\\\]{0,128}\\d)([^\\s"\\\\$<{[][^\\s"\\\\]{5,128})\\\\{0,3}"|' +
      "'(?=[^\\s'\\\\]{0,128}\\d)([^\\s'\\\\$<{[][^\\s'\\\\]{5,128})'|" +
      `(?![\\w.]{0,64}pass)(?=[^\\s"']{0,128}\\d)([^\\s"'\`,;&(){}\\[\\]<>$\\\\|]{6,128})${END})`,
    keywords: ["password", "passwd", "passphrase", "pwd"],
    ignoreCase: true,
    assignment: true,
    entropy: 2,
    // A version: "password-validator": "^5.3.0" in a package.json.
    allow: ["^[~^v]?\\d+\\.\\d+\\.\\d+(?:-[\\w.]+)?$"]
  },
  {
    // secretlint, secretlint-rule-aws (MIT). gitleaks' generic-api-key misses the 3 in 100 that start with + or /.
    id: "aws-secret-access-key",
    source:
      "secret[_-]?access[_-]?key[\"'\\\\]{0,4}\\s{0,4}(?:=>|=|:)\\s{0,4}[\"'\\\\]{0,4}" +
      "([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    keywords: ["secret"],
    ignoreCase: true,
    assignment: true,
    entropy: 3,
    allow: ["EXAMPLEKEY$"]
  },
  {
    // sensitive-canary 0.8.1, azure-storage-key and azure-sas-key (MIT).
    id: "azure-key",
    source: "(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{22,86}={0,2})(?![A-Za-z0-9+/=])",
    keywords: ["accountkey=", "sharedaccesskey="],
    ignoreCase: true,
    assignment: true,
    entropy: 3
  },
  {
    // sensitive-canary 0.8.1, anthropic-key (MIT): newer than the rules of gitleaks that we have.
    id: "anthropic-key",
    source: "sk-ant-[A-Za-z0-9_-]{80,256}",
    keywords: ["sk-ant-"],
    assignment: true,
    entropy: 3
  },
  {
    // sensitive-canary 0.8.1, groq-key, openrouter-key, xai-key and replicate-token (MIT).
    id: "ai-provider-key",
    source: "(?:gsk_[A-Za-z0-9]{52}|sk-or-v1-[0-9a-f]{64}|xai-[0-9A-Za-z_]{80}|r8_[0-9A-Za-z_-]{37})(?![A-Za-z0-9_])",
    keywords: ["gsk_", "sk-or-v1-", "xai-", "r8_"],
    assignment: true,
    entropy: 3
  },
  {
    // sensitive-canary 0.8.1, google-oauth-secret (MIT).
    id: "google-oauth-secret",
    source: "GOCSPX-[A-Za-z0-9_-]{20,64}",
    keywords: ["gocspx-"],
    assignment: true,
    entropy: 3
  },
  {
    // As gitleaks' private-key, for a block that was cut off before its end (secretlint reports these by the header).
    id: "private-key",
    source:
      "-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----" +
      "(?:(?:\\s|\\\\{1,4}[nr]){1,16}[A-Za-z0-9+/=]{40,128})+" +
      "(?:(?:\\s|\\\\{1,4}[nr]){1,16}[A-Za-z0-9+/=]{1,39}(?![^\\s\\\\\"'`]))?",
    keywords: ["-----begin"]
  }
]

const rules: ReadonlyArray<Rule> = [...gitleaks, ...supplement]

/** Of two rules that find the same, the one to name: the more telling. */
const vagueness = (rule: Rule): number =>
  rule.id === "generic-api-key" ? 2 : rule.id === "password-assignment" || rule.id === "authorization-header" ? 1 : 0

interface Compiled {
  readonly rule: Rule
  readonly expression: RegExp
  readonly allow: ReadonlyArray<RegExp>
  readonly allowMatch: ReadonlyArray<RegExp>
  readonly stopwords: ReadonlyArray<string>
}

const compiled: Array<Compiled | undefined> = []
let globalExpressions: ReadonlyArray<RegExp> | undefined

const expressions = (sources: ReadonlyArray<string> | undefined): ReadonlyArray<RegExp> =>
  (sources ?? []).map((source) => new RegExp(source))

const compile = (index: number, rule: Rule): Compiled =>
  (compiled[index] ??= {
    rule,
    expression: new RegExp(rule.source, (rule.assignment ? "y" : "g") + (rule.ignoreCase ? "i" : "")),
    allow: expressions(rule.allow),
    allowMatch: expressions(rule.allowMatch),
    stopwords: rule.stopwords?.split(" ") ?? []
  })

/** Shannon entropy in bits a character. */
const entropy = (text: string): number => {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** An Aho-Corasick automaton over all keywords: one pass tells where each of them stands. */
interface Automaton {
  /** The class of a character code below 128; 0 is "in no keyword". Upper case is as lower case. */
  readonly classes: Uint8Array
  readonly width: number
  /** The next state, by state * width + class. */
  readonly next: Uint16Array
  /** By state: the keywords that end there, each as its length and the indices of its rules. */
  readonly found: ReadonlyArray<ReadonlyArray<{ readonly length: number; readonly rules: ReadonlyArray<number> }>>
}

const buildAutomaton = (): Automaton => {
  const byKeyword = new Map<string, Array<number>>()
  rules.forEach((rule, index) => {
    for (const keyword of rule.keywords) {
      const indices = byKeyword.get(keyword)
      if (indices) indices.push(index)
      else byKeyword.set(keyword, [index])
    }
  })
  const classes = new Uint8Array(128)
  let width = 1
  let size = 1
  for (const keyword of byKeyword.keys()) {
    size += keyword.length
    for (let i = 0; i < keyword.length; i++) {
      const code = keyword.charCodeAt(i)
      if (classes[code] === 0) classes[code] = width++
    }
  }
  for (let code = 65; code <= 90; code++) classes[code] = classes[code + 32] ?? 0
  const next = new Uint16Array(size * width)
  const found: Array<Array<{ length: number; rules: ReadonlyArray<number> }>> = [[]]
  for (const [keyword, indices] of byKeyword) {
    let state = 0
    for (let i = 0; i < keyword.length; i++) {
      const slot = state * width + (classes[keyword.charCodeAt(i)] ?? 0)
      if (next[slot] === 0) next[slot] = found.push([]) - 1
      state = next[slot] ?? 0
    }
    found[state]?.push({ length: keyword.length, rules: indices })
  }
  // Breadth first: fill each missing edge with that of the longest proper suffix.
  const fail = new Uint16Array(found.length)
  const queue: Array<number> = [0]
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0
    for (let c = 1; c < width; c++) {
      const child = next[state * width + c] ?? 0
      const suffix = state === 0 ? 0 : (next[(fail[state] ?? 0) * width + c] ?? 0)
      if (child === 0) next[state * width + c] = suffix
      else {
        fail[child] = suffix
        found[child]?.push(...(found[suffix] ?? []))
        queue.push(child)
      }
    }
  }
  return { classes, width, next, found }
}

let automaton: Automaton | undefined

interface Find {
  readonly start: number
  readonly end: number
  readonly rule: Rule
}

/** Where in the match the secret stands, if it is one. */
const judge = (text: string, match: RegExpExecArray, at: number, candidate: Compiled): Find | undefined => {
  const { rule } = candidate
  let secret = rule.group === undefined ? undefined : match[rule.group]
  for (let i = 1; secret === undefined && i < match.length; i++) secret = match[i] || undefined
  secret ??= match[0]
  if (rule.entropy !== undefined && entropy(secret) <= rule.entropy) return undefined
  const isAllowed = (allowed: RegExp) => allowed.test(secret)
  globalExpressions ??= expressions(globalAllow)
  if (globalExpressions.some(isAllowed) || candidate.allow.some(isAllowed)) return undefined
  if (candidate.allowMatch.length > 0) {
    let from = at
    while (from > 0 && from > at - 50 && /[\w.-]/.test(text.charAt(from - 1))) from--
    const whole = text.slice(from, at) + match[0]
    if (candidate.allowMatch.some((allowed) => allowed.test(whole))) return undefined
  }
  const lower = secret.toLowerCase()
  const isIn = (word: string) => lower.includes(word)
  if (globalStopwords.some(isIn) || candidate.stopwords.some(isIn)) return undefined
  const start = at + match[0].lastIndexOf(secret)
  return { start, end: start + secret.length, rule }
}

const isTokenCharacter = (code: number): boolean =>
  (code >= 97 && code <= 122) || // a to z
  (code >= 45 && code <= 57) || // - . / 0 to 9
  (code >= 65 && code <= 90) || // A to Z
  code === 95 || // _
  code === 43 || // +
  code === 61 // =

/**
 * Runs a rule over a stretch of the text, lengthened so as not to end within a token, and over more of the text while a
 * match reaches the stretch's end. Returns where it ended.
 */
const search = (text: string, from: number, to: number, candidate: Compiled, finds: Array<Find>): number => {
  const { expression } = candidate
  const limit = Math.min(text.length, to + MAX_WINDOW)
  let end = Math.min(text.length, to)
  while (end < limit && isTokenCharacter(text.charCodeAt(end))) end++
  let stretch = text.slice(from, end)
  expression.lastIndex = 0
  for (;;) {
    const resume = expression.lastIndex
    const match = expression.exec(stretch)
    if (match === null) return end
    if (expression.lastIndex === stretch.length && end < limit) {
      end = Math.min(limit, end + 4 * (end - from))
      stretch = text.slice(from, end)
      expression.lastIndex = resume
      continue
    }
    if (match[0] === "") expression.lastIndex++
    const find = judge(text, match, from + match.index, candidate)
    if (find) finds.push(find)
  }
}

/** A private key or a web token is longer than what is shown of other secrets at first. */
const reach = (rule: Rule): number => (rule.id === "private-key" ? 16_384 : rule.id === "jwt" ? 4096 : AFTER)

const findAll = (text: string): Array<Find> => {
  const { classes, width, next, found } = (automaton ??= buildAutomaton())
  const finds: Array<Find> = []
  // By rule: the stretch of text still to be searched. Stretches that touch are searched as one.
  const from = new Map<number, number>()
  const to = new Map<number, number>()
  let state = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    state = code < 128 ? (next[state * width + (classes[code] ?? 0)] ?? 0) : 0
    if (state === 0) continue
    const here = found[state]
    if (here === undefined || here.length === 0) continue
    for (const keyword of here) {
      const at = i + 1 - keyword.length
      for (const index of keyword.rules) {
        const rule = rules[index]
        if (rule === undefined) continue
        const candidate = compile(index, rule)
        if (rule.assignment) {
          candidate.expression.lastIndex = at
          const match = candidate.expression.exec(text)
          const find = match && judge(text, match, at, candidate)
          if (find) finds.push(find)
          continue
        }
        let start = Math.max(0, at - BEFORE)
        const pending = to.get(index)
        if (pending === undefined || start > pending) {
          if (pending !== undefined)
            start = Math.max(start, search(text, from.get(index) ?? 0, pending, candidate, finds))
          from.set(index, start)
        }
        to.set(index, Math.max(start, at + reach(rule)))
      }
    }
  }
  for (const [index, end] of to) {
    const rule = rules[index]
    if (rule) search(text, from.get(index) ?? 0, end, compile(index, rule), finds)
  }
  return finds
}

export const redact = (text: string): Redaction => {
  const finds = findAll(text)
  if (finds.length === 0) return { text, rules: [] }
  finds.sort((a, b) => a.start - b.start || b.end - a.end)
  const names = new Set<string>()
  const parts: Array<string> = []
  let done = 0
  for (let i = 0; i < finds.length;) {
    const first = finds[i]
    if (first === undefined) break
    let { end, rule } = first
    for (i++; i < finds.length; i++) {
      const other = finds[i]
      if (other === undefined || other.start >= end) break
      end = Math.max(end, other.end)
      if (vagueness(other.rule) < vagueness(rule)) rule = other.rule
    }
    names.add(rule.id)
    const breaks = text.slice(first.start, end).match(/\r\n|\r|\n/g)
    parts.push(text.slice(done, first.start), `[redacted:${rule.id}]`, breaks === null ? "" : breaks.join(""))
    done = end
  }
  parts.push(text.slice(done))
  return { text: parts.join(""), rules: [...names] }
}
