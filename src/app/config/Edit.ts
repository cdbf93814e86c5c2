/**
 * Edits of a configuration's text that leave everything else as it is. They are cut to the character instead of made by
 * jsonc-parser's `modify`, which moves a comment beside the last setting to the one that it adds, and drops those beside what
 * it removes.
 */
import { createScanner, findNodeAtLocation, type Node, parseTree } from "jsonc-parser"

type Path = ReadonlyArray<string>

/** Of jsonc-parser 3.3.1's `SyntaxKind`, whose names are gone at run time. */
const comma = 5
const lineBreak = 14
const endOfFile = 17

/** With a value at a path; undefined where something else than an object is in the way. `text` may be empty. */
export const withValue = (text: string, path: Path, value: unknown): string | undefined => {
  const end = text.includes("\r\n") ? "\r\n" : "\n"
  const from = text.trim() === "" ? `{}${end}` : text
  const root = parseTree(from, [], { allowTrailingComma: true })
  if (root === undefined) return withValue(`${from.trimEnd()}${end}{}${end}`, path, value)
  const there = findNodeAtLocation(root, [...path])
  if (there !== undefined) return replaced(from, there.offset, endOf(there), json(value))
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parent = depth === 0 ? root : findNodeAtLocation(root, path.slice(0, depth))
    if (parent === undefined) continue
    return parent.type === "object" ? added(from, parent, path.slice(depth), value, end) : undefined
  }
  return undefined
}

/** Without what stands at a path, and without the objects that are empty then; the same text where nothing stands there. */
export const withoutValue = (text: string, path: Path): string => {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const property = root === undefined ? undefined : findNodeAtLocation(root, [...path])?.parent
  if (property?.parent === undefined) return text
  const rest = cut(text, property, property.parent)
  const above = path.slice(0, -1)
  const newRoot = parseTree(rest, [], { allowTrailingComma: true })
  const parent = above.length === 0 || newRoot === undefined ? undefined : findNodeAtLocation(newRoot, [...above])
  const isEmpty = parent !== undefined && rest.slice(parent.offset + 1, endOf(parent) - 1).trim() === ""
  return isEmpty ? withoutValue(rest, above) : rest
}

const endOf = ({ offset, length }: Node): number => offset + length

const replaced = (text: string, from: number, to: number, content: string): string =>
  text.slice(0, from) + content + text.slice(to)

/** Where the first or last token of a kind begins between two places; undefined without one. */
const tokenIn = (text: string, from: number, to: number, kind: number, last = false): number | undefined => {
  const scanner = createScanner(text)
  scanner.setPosition(from)
  let found: number | undefined
  while (scanner.getPosition() < to) {
    const token: number = scanner.scan()
    if (token === endOfFile) break
    if (token !== kind || scanner.getTokenOffset() >= to) continue
    found = scanner.getTokenOffset()
    if (!last) return found
  }
  return found
}

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? ""

const json = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map((one) => JSON.stringify(one)).join(", ")}]` : JSON.stringify(value)

/** A value in objects in a parent that has none of them yet; `end`: of a line. */
const added = (text: string, parent: Node, path: Path, value: unknown, end: string): string => {
  const brace = endOf(parent) - 1
  const last = parent.children?.at(-1)
  const after = last === undefined ? parent.offset + 1 : endOf(last)
  const unit = /\n(\t| +)"/.exec(text)?.[1] ?? "  "
  const outer = indentAt(text, parent.offset)
  const indent = last === undefined ? outer + unit : indentAt(text, last.offset)
  const block = (where: string, [name = "", ...inner]: Path): string =>
    inner.length === 0
      ? `${where}${JSON.stringify(name)}: ${json(value)}${end}`
      : `${where}${JSON.stringify(name)}: {${end}${block(where + unit, inner)}${where}}${end}`
  const inLine = path.reduceRight((within, name, index) => {
    const member = `${JSON.stringify(name)}: ${within}`
    return index === 0 ? member : `{ ${member} }`
  }, json(value))
  const line = tokenIn(text, after, brace, lineBreak, true)
  const missing = last === undefined || tokenIn(text, after, brace, comma) !== undefined ? "" : ","
  const tail = text.slice(after, brace)
  if (line !== undefined) {
    const start = line + (text[line] === "\r" ? 2 : 1)
    return text.slice(0, after) + missing + text.slice(after, start) + block(indent, path) + text.slice(start)
  }
  if (last === undefined && tail.trim() === "")
    return replaced(text, parent.offset + 1, brace, `${end}${block(indent, path)}${outer}`)
  const own = /\s$/.test(tail) ? `${inLine} ` : ` ${inLine}`
  return text.slice(0, after) + missing + tail + own + text.slice(brace)
}

/** Cuts a property, its comma, and its line when nothing else is on it. */
const cut = (text: string, property: Node, parent: Node): string => {
  const index = parent.children?.indexOf(property) ?? 0
  const next = parent.children?.[index + 1]
  const previous = parent.children?.[index - 1]
  const end = endOf(property)
  const behind = tokenIn(text, end, next?.offset ?? endOf(parent) - 1, comma)
  const before =
    behind === undefined && previous !== undefined ? tokenIn(text, endOf(previous), property.offset, comma) : undefined
  const from = property.offset
  const head = before === undefined ? text.slice(0, from) : replaced(text.slice(0, from), before, before + 1, "")
  // A comment between a value and its comma stays.
  const tail = behind === undefined ? text.slice(end) : text.slice(end, behind) + text.slice(behind + 1)
  const left = head.replace(/[ \t]*$/, "")
  const right = tail.replace(/^[ \t]*/, "")
  if (/(^|\n)$/.test(left) && /^\r?\n/.test(right)) return left + right.replace(/^\r?\n/, "")
  return /^\r?\n/.test(right) ? left + right : head + right
}
