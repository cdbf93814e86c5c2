/** Edits that put one text of a file in another's place, followed and undone exactly or not at all. */
import type { Json } from "../../app/ports/Agent.ts"
import { firstGiven, isObject } from "./Payload.ts"

/** One text of a file put in another's place: the only one, or all of them. */
export interface Replacement {
  readonly old: string
  readonly fresh: string
  readonly all: boolean
}

/** Those that a payload tells, however its client spells the fields; undefined when one of them is none. */
export const replacementsIn = (edits: ReadonlyArray<Json>): ReadonlyArray<Replacement> | undefined => {
  const found = edits.filter(isObject).flatMap((edit): ReadonlyArray<Replacement> => {
    const old = firstGiven(edit, ["oldString", "old_string"])
    const fresh = firstGiven(edit, ["newString", "new_string"])
    const all = edit["replaceAll"] === true || edit["replace_all"] === true
    return old === undefined || fresh === undefined ? [] : [{ old, fresh, all }]
  })
  return found.length === edits.length && found.length > 0 ? found : undefined
}

/** The content after replacements in order; undefined when one of them does not apply, so that nothing is guessed. */
export const replaced = (
  before: string | null | undefined,
  replacements: ReadonlyArray<Replacement>
): string | undefined => {
  if (before === undefined || replacements.length === 0) return undefined
  let content = before ?? ""
  for (const { old, fresh, all } of replacements) {
    if (old === "") {
      if (content !== "") return undefined
      content = fresh
    } else if (!content.includes(old)) {
      return undefined
    } else {
      content = all ? content.replaceAll(old, () => fresh) : content.replace(old, () => fresh)
    }
  }
  return content
}

/**
 * The content before replacements, from that after them; undefined unless there is just one that they lead from. Where all
 * occurrences were replaced, or text was taken out, nobody can tell from the result where it stood.
 */
export const unreplaced = (after: string, replacements: ReadonlyArray<Replacement>): string | undefined => {
  if (replacements.length === 0) return undefined
  let content = after
  for (const { old, fresh, all } of replacements.toReversed()) {
    if (all || old === "" || fresh === "") return undefined
    const at = content.indexOf(fresh)
    if (at < 0 || content.includes(fresh, at + 1)) return undefined
    content = content.slice(0, at) + old + content.slice(at + fresh.length)
  }
  return replaced(content, replacements) === after ? content : undefined
}
