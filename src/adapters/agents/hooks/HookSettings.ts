/**
 * Nexus' hooks in a client's settings file: put in, taken out and found, as pure functions over the file's text.
 *
 * Both directions are one loop: find the first difference between the text and the plan, make the smallest edit that
 * settles it, parse again. A text without differences is left as it is, which is what makes `install` idempotent.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Edit, Node, ParseError } from "jsonc-parser"
import { applyEdits, parseTree, printParseErrorCode } from "jsonc-parser"
import { children, eolOf, insertion, keyOf, member, pretty, removal, render, replace, valueOf } from "./JsonText.ts"

/** One hook as a client has it in its file, with the fields that it knows. */
export interface HookEntry {
  readonly command: string
  readonly [field: string]: string | number | boolean
}

/** Hooks that run where the matcher matches; without one, on every occurrence of the event. */
export interface MatcherGroup {
  readonly matcher?: string
  readonly hooks: ReadonlyArray<HookEntry>
}

/** What to register under each event, as it stands in the file. */
export type HookPlan = Readonly<Record<string, ReadonlyArray<HookEntry | MatcherGroup>>>

/** What a client's settings file looks like. */
export interface HookForm {
  /** The client, as users know it. */
  readonly client: string
  /** `{ Event: [{ matcher?, hooks: [entry] }] }`, or `{ event: [entry] }` with the matcher in the entry. */
  readonly layout: "groups" | "flat"
  /** What has to stand beside `hooks`. */
  readonly top: Readonly<Record<string, number>>
  /** Keys within `hooks` that are no events. */
  readonly options: ReadonlyArray<string>
  /** Whether a command was written by Nexus. */
  readonly isOurs: (command: string) => boolean
}

/** The file cannot be merged into without a guess, so it is not touched. `line` and `column` count from 1. */
export class SettingsUnreadable extends Schema.TaggedError<SettingsUnreadable>()("SettingsUnreadable", {
  client: Schema.String,
  reason: Schema.String,
  line: Schema.Int,
  column: Schema.Int
}) {
  override get message() {
    return (
      `${this.client} settings: ${this.reason} at line ${this.line}, column ${this.column}. ` +
      "Correct the file there and run the command again; Nexus has left it as it is."
    )
  }
}

type Wanted = HookEntry | MatcherGroup
type Plan = ReadonlyMap<string, ReadonlyArray<Wanted>>

const isGroup = (wanted: Wanted): wanted is MatcherGroup => Array.isArray(wanted["hooks"])
const entryOf = (wanted: Wanted): HookEntry | undefined => (isGroup(wanted) ? wanted.hooks[0] : wanted)

const unreadable = (client: string, text: string, offset: number, reason: string): SettingsUnreadable => {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return new SettingsUnreadable({ client, reason, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 })
}

const parse = (text: string, form: HookForm): Either.Either<Node, SettingsUnreadable> => {
  const refuse = (offset: number, reason: string) => Either.left(unreadable(form.client, text, offset, reason))
  const errors: Array<ParseError> = []
  // The parser is recursive: a file of nothing but brackets ends its stack.
  const parsed = Either.try(() => parseTree(text, errors))
  if (Either.isLeft(parsed)) return refuse(0, "the JSON is nested too deeply")
  const [error] = errors
  if (error !== undefined || parsed.right === undefined) {
    const name = error === undefined ? "ValueExpected" : printParseErrorCode(error.error)
    const reason = `this is not valid JSON (${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()})`
    return refuse(error?.offset ?? 0, reason)
  }
  const problem = shapeProblem(parsed.right, form)
  return problem === undefined ? Either.right(parsed.right) : refuse(problem.node.offset, problem.reason)
}

/** What keeps a file from being merged into: a wrong type on the way to the hooks, or a key that is there twice. */
const shapeProblem = (
  root: Node,
  { client, options }: HookForm
): { readonly node: Node; readonly reason: string } | undefined => {
  if (root.type !== "object") return { node: root, reason: `the file must be an object, but is of type ${root.type}` }
  const hooks = member(root, "hooks")
  const twice =
    duplicate(children(root).filter((property) => keyOf(property) === "hooks")) ?? duplicate(children(hooks))
  if (hooks !== undefined && hooks.type !== "object")
    return { node: hooks, reason: `"hooks" must be an object, but is of type ${hooks.type}` }
  if (twice !== undefined)
    return { node: twice, reason: `"${keyOf(twice)}" is there twice, and ${client} reads only the last one` }
  const wrong = children(hooks).find((event) => valueOf(event)?.type !== "array" && !options.includes(keyOf(event)))
  if (wrong === undefined) return undefined
  const reason = `"hooks.${keyOf(wrong)}" must be an array, but is of type ${valueOf(wrong)?.type}`
  return { node: valueOf(wrong) ?? wrong, reason }
}

const duplicate = (properties: ReadonlyArray<Node>): Node | undefined =>
  properties.find((property, index) => properties.slice(0, index).some((before) => keyOf(before) === keyOf(property)))

// Finding

interface Found {
  readonly event: Node
  /** What carries the matcher: in a flat file, the entry itself. */
  readonly group: Node
  readonly entry: Node
  readonly command: string
}

const entriesIn = (group: Node, { layout }: HookForm): ReadonlyArray<Node> =>
  layout === "flat" ? [group] : children(member(group, "hooks"))

const ourEntries = (event: Node, form: HookForm): ReadonlyArray<Found> =>
  children(valueOf(event)).flatMap((group) =>
    entriesIn(group, form).flatMap((entry) => {
      const command: unknown = member(entry, "command")?.value
      const type: unknown = member(entry, "type")?.value ?? (form.layout === "flat" ? "command" : undefined)
      const found = typeof command === "string" && type === "command" && form.isOurs(command)
      return found ? [{ event, group, entry, command }] : []
    })
  )

const sameMatcher = (group: Node, wanted: Wanted): boolean => {
  const matcher: unknown = member(group, "matcher")?.value ?? ""
  return (matcher === "*" ? "" : matcher) === (wanted["matcher"] ?? "")
}

/** The next edits towards the plan, or nothing when the text follows it. */
const nextStep = (text: string, root: Node, plan: Plan, form: HookForm): ReadonlyArray<Edit> | undefined => {
  const hooks = member(root, "hooks")
  const mended: Array<Edit> = []
  const stale = new Set<Node>()
  const missing: Array<readonly [container: Node, key: string | undefined, value: unknown]> = []
  for (const event of children(hooks)) {
    const open = [...(plan.get(keyOf(event)) ?? [])]
    const left: Array<Found> = []
    for (const found of ourEntries(event, form)) {
      const index = open.findIndex((wanted) => sameMatcher(found.group, wanted))
      const [wanted] = index < 0 ? [] : open.splice(index, 1)
      const entry = wanted === undefined ? undefined : entryOf(wanted)
      const edits = entry === undefined ? undefined : replaceEntry(text, found.entry, entry)
      if (edits === undefined) left.push(found)
      else mended.push(...edits)
    }
    for (const { group, entry } of left) {
      const onlyOurs = entriesIn(group, form).every((other) => left.some((found) => found.entry === other))
      if (onlyOurs && open[0] !== undefined) return [replace(group, render(text, root, group, open[0]))]
      stale.add(entry)
    }
    for (const wanted of open) missing.push([valueOf(event) ?? event, undefined, wanted])
  }
  if (mended.length > 0) return mended
  const removed = emptied(root, stale, form)[0]
  if (removed !== undefined) return removal(text, removed)
  const lacking = Object.entries(form.top).find(([key]) => plan.size > 0 && member(root, key) === undefined)
  if (lacking !== undefined) return insertion(text, root, root, ...lacking)
  if (hooks === undefined)
    return plan.size === 0 ? undefined : insertion(text, root, root, "hooks", Object.fromEntries(plan))
  for (const [name, groups] of plan)
    if (!children(hooks).some((event) => keyOf(event) === name)) missing.push([hooks, name, groups])
  return missing[0] === undefined ? undefined : insertion(text, root, ...missing[0])
}

/** The stale entries; where they are all that a group, an event or `hooks` holds, that one. What was empty before stays. */
const emptied = (root: Node, stale: ReadonlySet<Node>, form: HookForm): ReadonlyArray<Node> => {
  const rollUp = (node: Node, kids: ReadonlyArray<Node>, inside: (kid: Node) => ReadonlyArray<Node>) => {
    const found = kids.map(inside)
    return kids.length > 0 && found.every(([first], index) => first === kids[index]) ? [node] : found.flat()
  }
  const ofEntry = (entry: Node) => (stale.has(entry) ? [entry] : [])
  const ofGroup = (group: Node) =>
    form.layout === "flat" ? ofEntry(group) : rollUp(group, children(member(group, "hooks")), ofEntry)
  const ofEvent = (event: Node) => rollUp(event, children(valueOf(event)), ofGroup)
  return children(root).flatMap((property) =>
    keyOf(property) === "hooks" ? rollUp(property, children(valueOf(property)), ofEvent) : []
  )
}

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

// The two directions

const bomOf = (text: string): string => (text.startsWith("\uFEFF") ? "\uFEFF" : "")

const settle = (text: string, plan: Plan, form: HookForm): Either.Either<string, SettingsUnreadable> => {
  for (let current = text; ;) {
    const root = parse(current, form)
    if (Either.isLeft(root)) return Either.left(root.left)
    const step = nextStep(current, root.right, plan, form)
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
  form: HookForm,
  plan: HookPlan
): Either.Either<{ readonly text: string; readonly changed: boolean }, SettingsUnreadable> => {
  const bom = bomOf(text ?? "")
  const body = (text ?? "").slice(bom.length)
  if (body.trim() === "") {
    const fresh = `${pretty(body, { ...form.top, hooks: plan }, "")}${eolOf(body)}`
    return Either.right({ text: bom + fresh, changed: true })
  }
  // Whatever the script is called: what is about to be installed is ours.
  const wanted = new Set(Object.values(plan).flatMap((all) => all.map((one) => entryOf(one)?.command)))
  const isOurs = (command: string) => form.isOurs(command) || wanted.has(command)
  return Either.map(settle(body, new Map(Object.entries(plan)), { ...form, isOurs }), (settled) => ({
    text: bom + settled,
    changed: settled !== body
  }))
}

/**
 * The settings without Nexus' hooks, and without the groups, events and `hooks` that they alone filled. `null` when
 * nothing is left, so that the file can go. Fails with `SettingsUnreadable` like `install`.
 */
export const uninstall = (
  text: string,
  form: HookForm
): Either.Either<{ readonly text: string | null; readonly changed: boolean }, SettingsUnreadable> => {
  const bom = bomOf(text)
  const body = text.slice(bom.length)
  if (body.trim() === "") return Either.right({ text, changed: false })
  return Either.map(settle(body, new Map(), form), (settled) => {
    const changed = settled !== body
    const isEmpty = ["{}", JSON.stringify(form.top)].includes(settled.replaceAll(/\s/g, ""))
    return { text: changed && isEmpty ? null : bom + settled, changed }
  })
}

/** A value at the top of the settings, by the keys that lead to it; undefined in a file that cannot be read. */
export const settingOf = (text: string, form: HookForm, keys: ReadonlyArray<string>): unknown => {
  const root = Either.getOrUndefined(parse(text.slice(bomOf(text).length), form))
  return keys.reduce<Node | undefined>((node, key) => member(node, key), root)?.value
}
