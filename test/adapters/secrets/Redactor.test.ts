import { describe, expect, it } from "vitest"
import { chars, jwt, negatives, pem, positives } from "./corpus.ts"
import { rules as gitleaks } from "../../../src/adapters/secrets/GitleaksRules.ts"
import { redact } from "../../../src/adapters/secrets/Redactor.ts"

const lines = (text: string): number => text.split(/\r\n|\r|\n/).length

/** Whether a stretch of the secret is left: its first eight characters, or any twelve of it. */
const isLeft = (secret: string, text: string): boolean => {
  if (text.includes(secret) || text.includes(secret.slice(0, 8))) return true
  for (let i = 0; i + 12 <= secret.length; i++) if (text.includes(secret.slice(i, i + 12))) return true
  return false
}

describe("redact", () => {
  it("has a corpus to be measured on", () => {
    expect(positives.length).toBeGreaterThanOrEqual(60)
    expect(negatives.length).toBeGreaterThanOrEqual(60)
    for (const { text, secrets } of positives) for (const secret of secrets) expect(text).toContain(secret)
  })

  it.each(positives)("redacts: $name", ({ text, secrets }) => {
    const result = redact(text)
    expect(secrets.filter((secret) => isLeft(secret, result.text))).toEqual([])
    expect(result.rules.length).toBeGreaterThan(0)
    for (const rule of result.rules) expect(result.text).toContain(`[redacted:${rule}]`)
    expect(lines(result.text)).toBe(lines(text))
  })

  it.each(positives)("finds nothing more in what it redacted: $name", ({ text }) => {
    const once = redact(text)
    expect(redact(once.text)).toEqual({ text: once.text, rules: [] })
  })

  it.each(positives)("redacts within JSON: $name", ({ text, secrets }) => {
    const payload = JSON.stringify({ tool_input: { command: text } })
    const result = redact(payload)
    const parts = secrets.filter((secret) => !/["\\\n]/.test(secret))
    expect(parts.filter((secret) => isLeft(secret, result.text))).toEqual([])
    expect(() => JSON.parse(result.text) as unknown).not.toThrow()
  })

  it.each(negatives)("leaves alone: $name", ({ text }) => {
    expect(redact(text)).toEqual({ text, rules: [] })
  })

  it("keeps what is around a secret, and names the telling rule", () => {
    const token = ["ghp_", chars("around", "abcdefghijkmnpqrstuvwxyz23456789", 36)].join("")
    expect(redact(`before GITHUB_TOKEN="${token}" after`)).toEqual({
      text: `before GITHUB_TOKEN="[redacted:github-pat]" after`,
      rules: ["github-pat"]
    })
  })

  it("keeps the number of lines, whatever ends them", () => {
    for (const newline of ["\n", "\r\n"]) {
      const key = pem("lines", "RSA ", "MIIEpAIBAAKCAQEA", 25, newline)
      const result = redact(["a", key, "b"].join(newline))
      expect(result.text).toBe(["a", `[redacted:private-key]${newline.repeat(26)}`, "b"].join(newline))
    }
  })

  it("redacts a private key that was cut off", () => {
    const key = pem("cut", "OPENSSH ", "b3BlbnNzaC1rZXktdjEAAAAA", 30).split("\n").slice(0, 9)
    const result = redact(["$ head -9 id_ed25519", ...key].join("\n"))
    expect(key.slice(1).filter((line) => isLeft(line, result.text))).toEqual([])
    expect(lines(result.text)).toBe(10)
  })

  it("redacts secrets far into a long text, and longer than a window", () => {
    const filler = "const answer = 42 // nothing to see here\n".repeat(50_000)
    const long = [
      "eyJhbGciOiJIUzI1NiJ9",
      "eyJ" + chars("long", "abcdfXZ0123456789", 60_000),
      jwt("long").slice(-43)
    ].join(".")
    const result = redact(`${filler}token: ${long}\n${filler}`)
    expect(result.text).toBe(`${filler}token: [redacted:jwt]\n${filler}`)
  })

  it("returns clean text as it was", () => {
    const text = "nothing here ".repeat(1000)
    expect(redact(text).text).toBe(text)
    expect(redact("")).toEqual({ text: "", rules: [] })
  })

  it("takes time linear in the length, for text made to be slow", () => {
    const hostile = (length: number): ReadonlyArray<string> =>
      [
        "a",
        "0123456789",
        "key=",
        "secret ",
        'password="1',
        "-----BEGIN ",
        "://",
        "curl -u ",
        "glpat-",
        "eyaaa.",
        "Bearer a"
      ]
        .map((unit) => unit.repeat(Math.ceil(length / unit.length)))
        .concat("password" + "\\".repeat(length), "bearer " + "a".repeat(length), "curl" + " ".repeat(length))
    const best = (texts: ReadonlyArray<string>): number => {
      let least = Infinity
      for (let i = 0; i < 3; i++) {
        const start = performance.now()
        for (const text of texts) redact(text)
        least = Math.min(least, performance.now() - start)
      }
      return least
    }
    best(hostile(10_000))
    // Four times the text: 4 if linear, 16 if quadratic. A ratio of the best of three does not depend on the machine.
    expect(best(hostile(200_000)) / best(hostile(50_000))).toBeLessThan(11)
  })

  it("has gitleaks' rules, each with a keyword, and all of them compile", () => {
    expect(gitleaks.length).toBeGreaterThan(190)
    for (const rule of gitleaks) {
      expect(rule.keywords.length).toBeGreaterThan(0)
      for (const source of [rule.source, ...(rule.allow ?? []), ...(rule.allowMatch ?? [])]) {
        expect(() => new RegExp(source)).not.toThrow()
        expect(source).not.toMatch(/\(\?-?i/)
      }
    }
  })
})
