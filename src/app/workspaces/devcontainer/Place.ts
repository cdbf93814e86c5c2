/** A value of a devcontainer.json that knows where it stands, and so can say what is wrong with it. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"
import { referencesIn } from "../../../domain/workspace/References.ts"
import { DevcontainerWrong } from "./DevcontainerWrong.ts"

/** Everything here throws DevcontainerWrong for a value of another kind; the reader catches it. */
export interface Place {
  /** As a person would point to it: `build.args.VERSION`, `mounts[1]`. */
  readonly name: string
  readonly wrong: (reason: string, hint?: string) => DevcontainerWrong
  readonly isText: boolean
  readonly isList: boolean
  readonly isFlag: boolean
  readonly isObject: boolean
  /** With whatever it refers to. */
  readonly text: () => string
  /** What must be known now: nothing that a workspace or the environment decides. */
  readonly plain: () => string
  /** A number or text as text. */
  readonly word: () => string
  readonly number: () => number
  readonly flag: () => boolean
  readonly items: () => ReadonlyArray<Place>
  readonly entries: () => ReadonlyArray<readonly [string, Place]>
  readonly at: (key: string) => Place | undefined
}

/** The whole of a file: JSON with comments and trailing commas. */
export const placeIn = (file: string, given: string): Place => {
  const text = given.replace(/^\uFEFF/, "")
  const errors: Array<ParseError> = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length
  const at = (offset: number) => (reason: string, hint?: string) =>
    new DevcontainerWrong({ file, line: lineOf(offset), reason, hint: hint ?? "" })
  const [error] = errors
  if (error !== undefined) throw at(error.offset)(`this is no JSON: ${printParseErrorCode(error.error)}.`)
  if (tree?.type !== "object") throw at(0)("a devcontainer.json is an object, between { and }.")
  return placeOf("", tree, at)
}

const placeOf = (name: string, node: Node, at: (offset: number) => Place["wrong"]): Place => {
  const wrong = at(node.offset)
  const within = (inner: string) => (name === "" ? inner : `${name}.${inner}`)
  const expect = (kind: Node["type"], words: string): unknown => {
    if (node.type !== kind) throw wrong(`${name} is ${words}, not ${kindsOf[node.type] ?? node.type}.`)
    return node.value
  }
  const text = () => expect("string", "text") as string
  const entries = () => {
    expect("object", "an object")
    return (node.children ?? []).flatMap(({ children: [key, value] = [] }) => {
      const property = String(key?.value)
      return value === undefined ? [] : [[property, placeOf(within(property), value, at)] as const]
    })
  }
  return {
    name,
    wrong,
    isText: node.type === "string",
    isList: node.type === "array",
    isFlag: node.type === "boolean",
    isObject: node.type === "object",
    text,
    plain: () => {
      const found = text()
      if (referencesIn(found).length > 0)
        throw wrong(`${name} depends on this machine's environment or on the workspace: it must be known beforehand.`)
      return found
    },
    word: () => (node.type === "number" ? String(node.value) : text()),
    number: () => expect("number", "a number") as number,
    flag: () => expect("boolean", "true or false") as boolean,
    items: () => {
      expect("array", "a list")
      return (node.children ?? []).map((child, index) => placeOf(`${name}[${index}]`, child, at))
    },
    entries,
    at: (key) => entries().findLast(([property]) => property === key)?.[1]
  }
}

const kindsOf: Readonly<Partial<Record<Node["type"], string>>> = {
  array: "a list",
  boolean: "true or false",
  null: "null",
  number: "a number",
  object: "an object",
  string: "text"
}
