/** One configuration file: JSON with comments and trailing commas, in which every key is known. */
import { readFileSync } from "node:fs"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { findNodeAtLocation, parse, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"
import { ConfigUnreadable } from "./ConfigUnreadable.ts"
import { type GateSettings, gatesFrom, isOfBuiltIn } from "./GateSettings.ts"
import { isKnown, suggestion } from "./Keys.ts"
import { type Key, keys, settingOf } from "./Settings.ts"
import { type Section, sectionFrom } from "./workspace/Section.ts"

/** What somebody says about a setting. */
export interface Said {
  /** In JSON, as it is written. */
  readonly written: unknown
  /** What the program uses. */
  readonly value: unknown
}

export interface Content {
  readonly settings: ReadonlyMap<Key, Said>
  readonly gates: GateSettings
  readonly workspace: Section
}

/** Undefined for a file that is not there. */
export const textOf = (file: string): Either.Either<string | undefined, ConfigUnreadable> => {
  try {
    return Either.right(readFileSync(file, "utf8"))
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return Either.right(undefined)
    return Either.left(
      new ConfigUnreadable({ source: file, reason: cause instanceof Error ? cause.message : String(cause) })
    )
  }
}

/** The value that a text holds; an empty one holds no settings. */
export const valueOf = (file: string, text: string): Either.Either<object, ConfigUnreadable> => {
  const errors: Array<ParseError> = []
  // A byte order mark is no part of the JSON.
  const content = text.replace(/^\uFEFF/, "")
  const value: unknown = parse(content, errors, { allowTrailingComma: true, allowEmptyContent: true }) ?? {}
  const [error] = errors
  if (error !== undefined) {
    const line = content.slice(0, error.offset).split("\n").length
    return Either.left(
      new ConfigUnreadable({ source: file, reason: `line ${line}: ${printParseErrorCode(error.error)}` })
    )
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Either.right(value)
    : Either.left(new ConfigUnreadable({ source: file, reason: "settings stand between { and }" }))
}

/** What a text says. */
export const contentOf = (file: string, text: string): Either.Either<Content, ConfigUnreadable> =>
  Either.gen(function* () {
    const value = yield* valueOf(file, text)
    const lineOf = (path: ReadonlyArray<string>) => `line ${lineAt(text, path)}: `
    const wrong = (reason: string) => Either.left(new ConfigUnreadable({ source: file, reason }))
    for (const path of leaves(value)) {
      if (isOfBuiltIn(path, within(value, ["gates"]))) continue
      const key = path.join(".")
      if (path[0] !== "gates" && path.some((name) => name.includes(".")))
        return yield* wrong(`${key} is written as an object in an object: ${JSON.stringify(nested(key))}`)
      if (!isKnown(key) && key !== "$schema")
        return yield* wrong(
          `${path[0] === "workspace" ? lineOf(path) : ""}there is no setting ${key}.${suggestion(key)}`
        )
    }
    const settings = new Map<Key, Said>()
    for (const key of keys) {
      const written = within(value, key.split("."))
      if (written === undefined) continue
      const { kind } = settingOf(key)
      const said = kind.decode(written)
      if (Option.isNone(said)) return yield* wrong(`${key} is ${kind.allowed}, not ${JSON.stringify(written)}`)
      settings.set(key, { written, value: said.value })
    }
    const gates = yield* Either.mapLeft(
      gatesFrom(file, within(value, ["gates"])),
      (reason) => new ConfigUnreadable({ source: file, reason })
    )
    const workspace = yield* Either.mapLeft(
      sectionFrom((key) => within(value, ["workspace", ...key.split(".")]), "workspace."),
      ({ key, reason }) =>
        new ConfigUnreadable({ source: file, reason: `${lineOf(["workspace", ...key.split(".")])}${reason}` })
    )
    return { settings, gates, workspace }
  })

/** What stands at a path; undefined when nothing does. */
export const within = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Record<string, unknown>)[name]
        : undefined,
    value
  )

/** The line, from 1, on which what stands at a path begins; undefined when nothing does. */
export const lineAt = (text: string, path: ReadonlyArray<string>): number | undefined => {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const node = root === undefined ? undefined : findNodeAtLocation(root, [...path])
  return node === undefined ? undefined : text.slice(0, node.offset).split("\n").length
}

/** The paths of everything in a value that is no object itself. */
export const leaves = (value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
    : [path]

const nested = (key: string): unknown => key.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), "…")
