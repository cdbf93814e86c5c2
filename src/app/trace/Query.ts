/** `nexus trace query`: the lines that an expression is true of. */
import { relative, resolve, sep } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ContributorType, Evidence } from "../../domain/attribution/Attribution.ts"
import {
  allOf,
  type Condition,
  type Expression,
  mentions,
  type Operator,
  printed
} from "../../domain/attribution/query/Expression.ts"
import type { Field } from "../../domain/attribution/query/Fields.ts"
import { parse } from "../../domain/attribution/query/Parser.ts"
import { type Plan, planOf } from "../../domain/attribution/query/Plan.ts"
import type { QueryRow } from "../../domain/attribution/query/Row.ts"
import * as Find from "../Find.ts"
import { Nexus } from "../Nexus.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { isoTime } from "../isoTime.ts"
import { atRevision, recorded } from "./Rows.ts"

/** All must hold; of several values of one kind, one of them. */
export interface QueryRequest {
  readonly expression: string
  /** Files, folders or globs, relative to the folder that the command was given in. */
  readonly files: ReadonlyArray<string>
  /** Globs. */
  readonly models: ReadonlyArray<string>
  readonly contributors: ReadonlyArray<ContributorType>
  /** As `Find.session` takes them. */
  readonly sessions: ReadonlyArray<string>
  /** Milliseconds since 1970: from `since` to before `until`. */
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly minEvidence?: Evidence | undefined
  /** The files of this revision; else as the log last knew them. */
  readonly revision?: string | undefined
}

export interface QueryAnswer {
  /** What was asked, in full. */
  readonly expression: string
  /** By file and line. */
  readonly rows: ReadonlyArray<QueryRow>
}

/** Fails with QueryWrong for an expression that cannot be understood. */
export const query = (request: QueryRequest) =>
  Effect.gen(function* () {
    const expression = yield* expressionOf(request)
    const plan = planOf(expression, yield* Clock.currentTimeMillis)
    const rows = yield* rowsFor(plan, request.revision)
    return {
      expression: printed(expression),
      rows: Array.from(rows)
        .filter(plan.matches)
        .sort((a, b) => compareText(a.file, b.file) || a.start - b.start || Number(a.deleted) - Number(b.deleted))
    } satisfies QueryAnswer
  })

const rowsFor = (plan: Plan, revision: string | undefined) =>
  revision === undefined ? recorded(plan) : atRevision(revision, plan)

const expressionOf = (request: QueryRequest) =>
  Effect.gen(function* () {
    const said = yield* parse(request.expression)
    const files = yield* pathsOf(request.files)
    const sessions = yield* Effect.forEach(request.sessions, (name) => Find.session(name))
    const { since, until, minEvidence } = request
    return allOf([
      said,
      ...anyOf(files.flatMap((path) => [is("path", "=", path), is("path", "=", `${path}/`), is("path", "~", path)])),
      ...anyOf(request.models.map((model) => is("model", "~", model))),
      ...among("contributor", request.contributors),
      ...among(
        "session",
        sessions.map(({ id }) => id)
      ),
      ...(since === undefined ? [] : [is("time", ">=", isoTime(since))]),
      ...(until === undefined ? [] : [is("time", "<", isoTime(until))]),
      ...(minEvidence === undefined ? [] : [is("evidence", ">=", minEvidence)]),
      // Lines that are gone are an answer only to who asks for them.
      ...(mentions(said, "deleted") ? [] : [{ kind: "not", part: { kind: "flag", flag: "deleted" } } as const])
    ])
  })

const is = (field: Field, operator: Operator, ...values: ReadonlyArray<string>): Condition => ({
  kind: "condition",
  field,
  operator,
  values
})

const among = (field: Field, values: ReadonlyArray<string>): ReadonlyArray<Expression> =>
  values.length === 0 ? [] : [is(field, "=", ...values)]

const anyOf = ([first, ...parts]: ReadonlyArray<Expression>): ReadonlyArray<Expression> =>
  first === undefined ? [] : parts.length === 0 ? [first] : [{ kind: "or", parts: [first, ...parts] }]

/** Relative to the top of the checkout; the top itself adds nothing, and what is outside keeps its whole path. */
const pathsOf = (files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { cwd } = yield* Nexus
    const { top } = yield* checkoutHere
    const paths = files.map((file) => {
      const path = relative(top, resolve(cwd, file))
      return (path.startsWith("..") ? resolve(cwd, file) : path).split(sep).join("/")
    })
    return paths.includes("") ? [] : paths
  })

/** By code unit, which is the same everywhere. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** An item of `nexus trace query --json`. */
export const rowView = ({ file, start, end, attribution, time, ...row }: QueryRow) => ({
  file,
  start,
  end,
  lines: end - start + 1,
  ...attribution,
  time: time === null ? null : isoTime(time),
  ...row
})
