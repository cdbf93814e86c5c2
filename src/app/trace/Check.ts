/** `nexus trace check`: whether commits keep to a policy. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { ArrayFormatter } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { parse, type ParseError, printParseErrorCode } from "jsonc-parser"
import { judge, Policy } from "../../domain/attribution/Policy.ts"
import type { Progress } from "../../projections/Projections.ts"
import { nearest } from "../nearest.ts"
import { Nexus } from "../Nexus.ts"
import { History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { attributed } from "./CommitRecords.ts"

/** The policy file cannot be read, or says something that is no policy. */
export class PolicyUnreadable extends Schema.TaggedError<PolicyUnreadable>()("PolicyUnreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} is no policy that can be checked: ${this.reason}`
  }
}

/** The commits break rules of the policy. The findings were printed. */
export class PolicyViolated extends Schema.TaggedError<PolicyViolated>()("PolicyViolated", {
  rules: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The policy is violated: ${this.rules.join(", ")}.`
  }
}

/** The policy in a JSONC file, relative to the folder that the command was given in. */
export const loadPolicy = (file: string) =>
  Effect.gen(function* () {
    const { cwd } = yield* Nexus
    const refused = (reason: string) => new PolicyUnreadable({ file, reason })
    const text = yield* Effect.try({
      try: () => readFileSync(resolve(cwd, file), "utf8"),
      catch: (cause) => refused(cause instanceof Error ? cause.message : String(cause))
    })
    return yield* Either.mapLeft(policyOf(text), refused)
  })

/** The policy in a text of JSON with comments. Left: what is wrong with it. */
export const policyOf = (text: string): Either.Either<Policy, string> => {
  const errors: Array<ParseError> = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split("\n").length
    return Either.left(`line ${line}: ${printParseErrorCode(error.error)}`)
  }
  return Either.mapLeft(decode(value), (failure) => {
    const [issue] = ArrayFormatter.formatErrorSync(failure)
    const path = issue?.path.map(String) ?? []
    if (issue?._tag !== "Unexpected") return `${path.join(".") || "it"}: ${issue?.message ?? "malformed"}`
    const known = path.length === 1 ? Object.keys(Policy.fields) : ["include", "exclude"]
    const guess = nearest(path.at(-1) ?? "", known)
    return `there is no rule ${path.join(".")}.${guess === undefined ? ` Known are: ${known.join(", ")}.` : ` Did you mean ${guess}?`}`
  })
}

const decode = Schema.decodeUnknownEither(Policy, { onExcessProperty: "error" })

/** What the policy says of the commits of a range. */
export const check = (range: string | undefined, policy: Policy, report: Progress) =>
  Effect.gen(function* () {
    const commits = [...(yield* Stream.runCollect(attributed(range, report)))].flat()
    const trailers = policy.requireHumanReview === undefined ? undefined : yield* trailersOf(range)
    const rules = judge(
      policy,
      commits.map((commit) => ({ ...commit, trailers: trailers?.get(commit.commit) ?? [] }))
    )
    return { ok: rules.every(({ ok }) => ok), commits: commits.length, rules }
  })

const trailersOf = (range: string | undefined) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const commits = yield* (yield* History).commits(path, { revisions: [range ?? "HEAD"] })
    return new Map(commits.map(({ commit, trailers = [] }) => [commit, trailers]))
  })
