/**
 * Nexus' hooks in a Claude Code settings file: put in, taken out and found, as pure functions over the file's text.
 *
 * Both directions are one loop: find the first difference between the text and the plan, make the smallest edit that
 * settles it, parse again. A text without differences is left as it is, which is what makes `install` idempotent.
 * The edits are cut to the character instead of made by jsonc-parser's `modify`, which formats whole lines anew and
 * drops comments beside what it removes.
 *
 * Source: Claude Code 2.1.330 (settings schema `hooks: { Event: [{ matcher?, hooks: [entry] }] }`).
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Edit, Node, ParseError } from "jsonc-parser"
import { applyEdits, parseTree, printParseErrorCode } from "jsonc-parser"
import type { HookCommands, HookEntry, MatcherGroup } from "./Contract.ts"
import { hookPlan, isNexusCommand } from "./Contract.ts"

export { hookPlan, localCommands, sharedCommands } from "./Contract.ts"

/** The file cannot be merged into without a guess, so it is not touched. `line` and `column` count from 1. */
export class SettingsUnreadable extends Schema.TaggedError<SettingsUnreadable>()("SettingsUnreadable", {
  reason: Schema.String,
  line: Schema.Int,
  column: Schema.Int
}) {
  override get message() {
    return (
      `Claude Code settings: ${this.reason} at line ${this.line}, column ${this.column}. ` +
      "Correct the file there and run the command again; Nexus has left it as it is."
    )
  }
}

type Plan = ReadonlyMap<string, ReadonlyArray<MatcherGroup>>
type IsOurs = (command: string) => boolean

const end = (node: Node): number => node.offset + node.length
const children = (node: Node | undefined): ReadonlyArray<Node> => node?.children ?? []
const keyOf = (property: Node): string => String(children(property)[0]?.value)
const valueOf = (property: Node): Node | undefined => children(property)[1]
/** The value under `key`; of several the last, as `JSON.parse` takes it. */
const member = (node: Node | undefined, key: string): Node | undefined => {
  const found = node?.type === "object" ? children(node).findLast((property) => keyOf(property) === key) : undefined
  return found === undefined ? undefined : valueOf(found)
}

const unreadable = (text: string, offset: number, reason: string): SettingsUnreadable => {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return new SettingsUnreadable({ reason, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 })
}

const parse = (text: string): Either.Either<Node, SettingsUnreadable> => {
  const errors: Array<ParseError> = []
  // The parser is recursive: a file of nothing but brackets ends its stack.
  const parsed = Either.try(() => parseTree(text, errors))
  if (Either.isLeft(parsed)) return Either.left(unreadable(text, 0, "the JSON is nested too deeply"))
  const [error] = errors
  if (error !== undefined || parsed.right === undefined) {
    const name = error === undefined ? "ValueExpected" : printParseErrorCode(error.error)
    const reason = `this is not valid JSON (${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()})`
    return Either.left(unreadable(text, error?.offset ?? 0, reason))
  }
  const problem = shapeProblem(parsed.right)
  return problem === undefined
    ? Either.right(parsed.right)
    : Either.left(unreadable(text, problem.node.offset, problem.reason))
}

/** What keeps a file from being merged into: a wrong type on the way to the groups, or a key that is there twice. */
const shapeProblem = (root: Node): { readonly node: Node; readonly reason: string } | undefined => {
  if (root.type !== "object") return { node: root, reason: `the file must be an object, but is of type ${root.type}` }
  const hooks = member(root, "hooks")
  const twice =
    duplicate(children(root).filter((property) => keyOf(property) === "hooks")) ?? duplicate(children(hooks))
  if (hooks !== undefined && hooks.type !== "object")
    return { node: hooks, reason: `"hooks" must be an object, but is of type ${hooks.type}` }
  if (twice !== undefined)
    return { node: twice, reason: `"${keyOf(twice)}" is there twice, and Claude Code reads only the last one` }
  const wrong = children(hooks).find((event) => valueOf(event)?.type !== "array")
  if (wrong === undefined) return undefined
  const reason = `"hooks.${keyOf(wrong)}" must be an array, but is of type ${valueOf(wrong)?.type}`
  return { node: valueOf(wrong) ?? wrong, reason }
}

const duplicate = (properties: ReadonlyArray<Node>): Node | undefined =>
  properties.find((property, index) => properties.slice(0, index).some((before) => keyOf(before) === keyOf(property)))

// Finding

interface Found {
  readonly event: Node
  readonly group: Node
  readonly entry: Node
  readonly command: string
}

const ourEntries = (event: Node, isOurs: IsOurs): ReadonlyArray<Found> =>
  children(valueOf(event)).flatMap((group) =>
    children(member(group, "hooks")).flatMap((entry) => {
      const command: unknown = member(entry, "command")?.value
      const found = typeof command === "string" && member(entry, "type")?.value === "command" && isOurs(command)
      return found ? [{ event, group, entry, command }] : []
    })
  )

const sameMatcher = (group: Node, wanted: MatcherGroup): boolean => {
  const matcher: unknown = member(group, "matcher")?.value ?? ""
  return (matcher === "*" ? "" : matcher) === (wanted.matcher ?? "")
}

/** The next edits towards the plan, or nothing when the text follows it. */
const nextStep = (text: string, root: Node, plan: Plan, isOurs: IsOurs): ReadonlyArray<Edit> | undefined => {
  const hooks = member(root, "hooks")
  const mended: Array<Edit> = []
  const stale = new Set<Node>()
  const missing: Array<readonly [container: Node, key: string | undefined, value: unknown]> = []
  for (const event of children(hooks)) {
    const open = [...(plan.get(keyOf(event)) ?? [])]
    const left: Array<Found> = []
    for (const found of ourEntries(event, isOurs)) {
      const index = open.findIndex((wanted) => sameMatcher(found.group, wanted))
      const entry = index < 0 ? undefined : open.splice(index, 1)[0]?.hooks[0]
      const edits = entry === undefined ? undefined : replaceEntry(text, found.entry, entry)
      if (edits === undefined) left.push(found)
      else mended.push(...edits)
    }
    for (const { group, entry } of left) {
      const onlyOurs = children(member(group, "hooks")).every((other) => left.some((found) => found.entry === other))
      if (onlyOurs && open[0] !== undefined) return [replace(group, render(text, root, group, open[0]))]
      stale.add(entry)
    }
    for (const wanted of open) missing.push([valueOf(event) ?? event, undefined, wanted])
  }
  if (mended.length > 0) return mended
  const removed = emptied(root, stale)[0]
  if (removed !== undefined) return removal(text, removed)
  if (hooks === undefined)
    return plan.size === 0 ? undefined : insertion(text, root, root, "hooks", Object.fromEntries(plan))
  for (const [name, groups] of plan)
    if (!children(hooks).some((event) => keyOf(event) === name)) missing.push([hooks, name, groups])
  return missing[0] === undefined ? undefined : insertion(text, root, ...missing[0])
}

/** The stale entries; where they are all that a group, an event or `hooks` holds, that one. What was empty before stays. */
const emptied = (root: Node, stale: ReadonlySet<Node>): ReadonlyArray<Node> => {
  const rollUp = (node: Node, kids: ReadonlyArray<Node>, inside: (kid: Node) => ReadonlyArray<Node>) => {
    const found = kids.map(inside)
    return kids.length > 0 && found.every(([first], index) => first === kids[index]) ? [node] : found.flat()
  }
  const ofEntry = (entry: Node) => (stale.has(entry) ? [entry] : [])
  const ofGroup = (group: Node) => rollUp(group, children(member(group, "hooks")), ofEntry)
  const ofEvent = (event: Node) => rollUp(event, children(valueOf(event)), ofGroup)
  return children(root).flatMap((property) =>
    keyOf(property) === "hooks" ? rollUp(property, children(valueOf(property)), ofEvent) : []
  )
}

// Editing

const replace = (node: Node, content: string): Edit => ({ offset: node.offset, length: node.length, content })

/** Edits that give an existing entry the wanted fields and no others; none when it has them. */
const replaceEntry = (text: string, node: Node, wanted: HookEntry): ReadonlyArray<Edit> => {
  const fields = Object.entries(wanted)
  const sameKeys = children(node).length === fields.length && fields.every(([key]) => member(node, key) !== undefined)
  if (!sameKeys) return [replace(node, render(text, node, node, wanted))]
  return fields.flatMap(([key, value]) => {
    const current = member(node, key)
    return current === undefined || current.value === value ? [] : [replace(current, JSON.stringify(value))]
  })
}

const sourceOf = (text: string, node: Node): string => text.slice(node.offset, end(node))
const eolOf = (text: string): string => /\r?\n/.exec(text)?.[0] ?? "\n"
const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1
const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? ""
const startsLine = (text: string, offset: number): boolean => text.slice(lineStart(text, offset), offset).trim() === ""

/** One level of indentation: what the first key that starts a line is indented by, else two spaces. */
const unitOf = (text: string): string => /\n([ \t]+)"/.exec(text)?.[1] ?? "  "

const pretty = (text: string, value: unknown, indent: string): string =>
  JSON.stringify(value, null, unitOf(text)).replaceAll("\n", eolOf(text) + indent)

/** `value` in the style of `around`: on one line if that is, else laid out from the indentation of the line of `beside`. */
const render = (text: string, around: Node, beside: Node, value: unknown): string =>
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
const insertion = (
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
const removal = (text: string, node: Node): ReadonlyArray<Edit> => {
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

// The two directions

const bomOf = (text: string): string => (text.startsWith("\uFEFF") ? "\uFEFF" : "")

const settle = (text: string, plan: Plan, isOurs: IsOurs): Either.Either<string, SettingsUnreadable> => {
  for (let current = text; ;) {
    const root = parse(current)
    if (Either.isLeft(root)) return Either.left(root.left)
    const step = nextStep(current, root.right, plan, isOurs)
    if (step === undefined) return Either.right(current)
    current = applyEdits(current, [...step])
  }
}

/**
 * The settings with Nexus' hooks in them; `null` or a blank text gives a fresh file. Comments, key order, indentation,
 * line ends, byte order mark and everybody else's hooks stay as they are. Hooks of an earlier plan or with other commands
 * are brought up to date in place. Fails with `SettingsUnreadable` where merging would take a guess.
 */
export const install = (
  text: string | null,
  commands: HookCommands
): Either.Either<{ readonly text: string; readonly changed: boolean }, SettingsUnreadable> => {
  const plan = hookPlan(commands)
  const bom = bomOf(text ?? "")
  const body = (text ?? "").slice(bom.length)
  if (body.trim() === "") {
    const fresh = `${pretty(body, { hooks: plan }, "")}${eolOf(body)}`
    return Either.right({ text: bom + fresh, changed: true })
  }
  const isOurs = (command: string) =>
    isNexusCommand(command) || command === commands.capture || command === commands.acknowledge
  return Either.map(settle(body, new Map(Object.entries(plan)), isOurs), (settled) => ({
    text: bom + settled,
    changed: settled !== body
  }))
}

/**
 * The settings without Nexus' hooks, and without the groups, events and `hooks` that they alone filled. `null` when
 * nothing is left, so that the file can go. Fails with `SettingsUnreadable` like `install`.
 */
export const uninstall = (
  text: string
): Either.Either<{ readonly text: string | null; readonly changed: boolean }, SettingsUnreadable> => {
  const bom = bomOf(text)
  const body = text.slice(bom.length)
  if (body.trim() === "") return Either.right({ text, changed: false })
  return Either.map(settle(body, new Map(), isNexusCommand), (settled) => {
    const changed = settled !== body
    return { text: changed && /^\s*\{\s*\}\s*$/.test(settled) ? null : bom + settled, changed }
  })
}

const rootOf = (text: string): Node | undefined => Either.getOrUndefined(parse(text.slice(bomOf(text).length)))

/** Nexus' commands in the settings, each once, in the order of the file. None in a file that cannot be read. */
export const installedCommands = (text: string): ReadonlyArray<string> => {
  const events = children(member(rootOf(text), "hooks"))
  const found = events.flatMap((event) => ourEntries(event, isNexusCommand))
  return Array.from(new Set(found.map(({ command }) => command)))
}

/** Would `install` change nothing? */
export const isCurrent = (text: string, commands: HookCommands): boolean =>
  Either.match(install(text, commands), { onLeft: () => false, onRight: ({ changed }) => !changed })

/** Has the user switched all hooks off (`disableAllHooks: true`)? Nexus leaves that switch alone. */
export const hooksDisabled = (text: string): boolean => member(rootOf(text), "disableAllHooks")?.value === true
