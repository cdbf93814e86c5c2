import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { check, loadPolicy, policyOf } from "../../../src/app/trace/Check.ts"
import { world } from "../world.ts"
import { attributedRepository } from "./attributedRepository.ts"

const refusal = (text: string) => Either.match(policyOf(text), { onLeft: (reason) => reason, onRight: () => undefined })

describe("A policy file", () => {
  it("is JSON with comments", () => {
    const text = `{
      // Cryptography is ours.
      "maxAiShare": { "src/crypto/**": 0, "**": 0.8, },
      "requireHumanReview": "other"
    }`
    expect(Either.getOrThrow(policyOf(text))).toStrictEqual({
      maxAiShare: { "src/crypto/**": 0, "**": 0.8 },
      requireHumanReview: "other"
    })
  })

  it.each([
    ['{"maxAIShare": 1}', "there is no rule maxAIShare. Did you mean maxAiShare?"],
    ['{"paths": {"includes": []}}', "there is no rule paths.includes. Did you mean include?"],
    ['{"nonsense": 1}', "there is no rule nonsense. Known are: $schema, paths, maxAiShare, "],
    ['{\n  "maxAiShare": 1\n  "minEvidence": "direct"\n}', "line 3: CommaExpected"],
    ["", "line 1: ValueExpected"],
    ["[]", "it: Expected"],
    ['{"maxUnknownShare": 2}', "maxUnknownShare: Expected a number between 0 and 1, actual 2"],
    ['{"maxAiShare": "half"}', "maxAiShare: Expected"],
    ['{"minEvidence": "some"}', 'minEvidence: Expected "direct"'],
    ['{"allowedModels": "anthropic/*"}', "allowedModels: Expected"],
    ['{"requireHumanReview": "anyone"}', "requireHumanReview: Expected"]
  ])("that says something else is refused with the reason: %s", (text, reason) => {
    expect(refusal(text)).toContain(reason)
  })

  it("is valid here exactly when it is by the published schema", () => {
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../schemas/policy.schema.json"), "utf8")
    ) as object
    const validate = new Ajv2020().compile(schema)
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        0,
        0.5,
        1,
        1.5,
        -1,
        "direct",
        "other",
        true,
        false,
        [],
        ["x"],
        [1],
        {},
        { "**": 0.5 },
        { a: 2 }
      ),
      fc.jsonValue({ maxDepth: 1 })
    )
    const key = fc.constantFrom(
      "$schema",
      "paths",
      "maxAiShare",
      "maxUnknownShare",
      "forbiddenModels",
      "allowedModels",
      "minEvidence",
      "requireHumanReview",
      "other"
    )
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 2 }), (policy) => {
        const text = JSON.stringify(policy)
        expect(refusal(text) === undefined, `${text}: ${refusal(text)}`).toBe(validate(JSON.parse(text)))
      }),
      { numRuns: 500 }
    )
  })

  it("that is not there is refused by name", async () => {
    using at = world()
    const failure = await at.run(Effect.flip(loadPolicy("none.jsonc")))
    expect(failure.message).toMatch(/^none\.jsonc is no policy that can be checked: ENOENT/)
  })
})

describe("A check", () => {
  it("holds the commits of a range against every rule of the policy", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    const policy = await at.run(
      loadPolicy(
        at.put("policy.jsonc", '{ "maxAiShare": 0.5, "minEvidence": "replayed", "requireHumanReview": "other" }')
      ),
      folder
    )
    expect(
      await at.run(
        check(`${head}~1..${head}`, policy, () => undefined),
        folder
      )
    ).toStrictEqual({
      ok: false,
      commits: 1,
      rules: [
        {
          rule: "maxAiShare",
          ok: false,
          message: "3 of 4 lines (75 %) are AI or mixed; at most 50 % may be",
          offenders: [{ commit: head, path: "src/hello.ts", lines: 3 }]
        },
        { rule: "minEvidence", ok: true, message: 'no line is proved less well than "replayed"', offenders: [] },
        {
          rule: "requireHumanReview",
          ok: true,
          message:
            "no line is AI or mixed, in a commit without a trailer that somebody other than their author reviewed them",
          offenders: []
        }
      ]
    })
  })
})
