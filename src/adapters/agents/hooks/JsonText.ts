/**
 * Editing a JSON text with comments as if by hand: the smallest change that does it, in the style of what is around. The edits
 * are cut to the character instead of made by jsonc-parser's `modify`, which formats whole lines anew and drops comments
 * beside what it removes.
 */
import type { Edit, Node } from "jsonc-parser"

export const end = (node: Node): number => node.offset + node.length
export const children = (node: Node | undefined): ReadonlyArray<Node> => node?.children ?? []
export const keyOf = (property: Node): string => String(children(property)[0]?.value)
export const valueOf = (property: Node): Node | undefined => children(property)[1]
/** The value under `key`; of several the last, as `JSON.parse` takes it. */
export const member = (node: Node | undefined, key: string): Node | undefined => {
  const found = node?.type === "object" ? children(node).findLast((property) => keyOf(property) === key) : undefined
  return found === undefined ? undefined : valueOf(found)
}

export const replace = (node: Node, content: string): Edit => ({ offset: node.offset, length: node.length, content })

const sourceOf = (text: string, node: Node): string => text.slice(node.offset, end(node))
export const eolOf = (text: string): string => /\r?\n/.exec(text)?.[0] ?? "\n"
const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1
const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? ""
const startsLine = (text: string, offset: number): boolean => text.slice(lineStart(text, offset), offset).trim() === ""

/** One level of indentation: what the first key that starts a line is indented by, else two spaces. */
const unitOf = (text: string): string => /\n([ \t]+)"/.exec(text)?.[1] ?? "  "

export const pretty = (text: string, value: unknown, indent: string): string =>
  JSON.stringify(value, null, unitOf(text)).replaceAll("\n", eolOf(text) + indent)

/** `value` in the style of `around`: on one line if that is, else laid out from the indentation of the line of `beside`. */
export const render = (text: string, around: Node, beside: Node, value: unknown): string =>
  sourceOf(text, around).includes("\n") ? pretty(text, value, indentAt(text, beside.offset)) : JSON.stringify(value)

interface Gap {
  /** Offset of the comma, if one is there. */
  readonly comma: number | undefined
  /** End of the last comment, or the start of the gap. */
  readonly comments: number
  readonly endsInLineComment: boolean
}

/** What lies between two neighbours: white space, comments and at most one comma. */
const gapBetween = (text: string, from: number, to: number): Gap => {
  const tokens = Array.from(text.slice(from, to).matchAll(/,|\/\/[^\r\n]*|\/\*[^]*?\*\//g))
  const comma = tokens.find(([token]) => token === ",")
  const comment = tokens.findLast(([token]) => token !== ",")
  return {
    comma: comma === undefined ? undefined : from + comma.index,
    comments: comment === undefined ? from : from + comment.index + comment[0].length,
    endsInLineComment: tokens.at(-1)?.[0].startsWith("//") ?? false
  }
}

/** Appends to an object (with a key) or an array (without), behind the comments that follow its last child. */
export const insertion = (
  text: string,
  root: Node,
  container: Node,
  key: string | undefined,
  value: unknown
): ReadonlyArray<Edit> => {
  const label = key === undefined ? "" : `${JSON.stringify(key)}: `
  const last = container.children?.at(-1)
  const close = end(container) - 1
  const from = last === undefined ? container.offset + 1 : end(last)
  const gap = gapBetween(text, from, close)
  const hasComment = gap.comments > from
  const eol = eolOf(text)
  if (last === undefined) {
    const outer = indentAt(text, container.offset)
    const inner = outer + unitOf(text)
    if (children(root).length > 0 && !sourceOf(text, root).includes("\n"))
      return [{ offset: gap.comments, length: 0, content: label + JSON.stringify(value) }]
    const content = eol + inner + label + pretty(text, value, inner)
    if (hasComment) return [{ offset: gap.comments, length: 0, content }]
    return [{ offset: from, length: close - from, content: content + eol + outer }]
  }
  const lead = gap.endsInLineComment || startsLine(text, last.offset) ? eol + indentAt(text, last.offset) : " "
  const content = lead + label + render(text, container, last, value)
  if (!hasComment) return [{ offset: from, length: 0, content: `,${content}` }]
  return [
    { offset: from, length: 0, content: "," },
    { offset: gap.comments, length: 0, content }
  ]
}

/** Removes a child and one comma beside it. Comments stay, and so does the line end that closes one. */
export const removal = (text: string, node: Node): ReadonlyArray<Edit> => {
  const container = node.parent
  const index = children(container).indexOf(node)
  if (container === undefined) return []
  const previous = children(container)[index - 1]
  const next = children(container)[index + 1]
  const from = previous === undefined ? container.offset + 1 : end(previous)
  const to = next === undefined ? end(container) - 1 : next.offset
  const before = gapBetween(text, from, node.offset)
  const after = gapBetween(text, end(node), to)
  const cut = (start: number, stop: number): Edit => ({ offset: start, length: stop - start, content: "" })
  const alone = previous === undefined && next === undefined
  if (alone && before.comments === from && after.comments === end(node)) return [cut(from, to)]
  const comma = next === undefined ? before.comma : after.comma
  const rest = text.slice(end(node), after.comma ?? to) + text.slice((after.comma ?? to) + 1, to)
  const start =
    before.endsInLineComment && !/^[ \t]*[\r\n]/.test(rest)
      ? node.offset
      : Math.max(before.comments, (before.comma ?? 0) + 1, from)
  return [...(comma === undefined ? [] : [cut(comma, comma + 1)]), cut(start, end(node))]
}
