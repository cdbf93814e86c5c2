/** Hunks of unified diffs (diff(1)) that clients send, applied and undone exactly or not at all. */
import { applyPatch, parsePatch, reversePatch, type StructuredPatch } from "diff"
import type { Json, JsonObject } from "../../app/ports/Agent.ts"
import { textIn } from "./Contents.ts"
import { isObject, listOf } from "./Payload.ts"

/** Undefined when the hunks do not fit, or are none. */
export const patched = (text: string, hunks: ReadonlyArray<Json>): string | undefined => {
  const patch = patchOf(hunks)
  return patch === undefined ? undefined : applied(text, patch)
}

/** The content before a diff, from that after it; undefined unless every line of the diff fits. */
export const unpatched = (
  after: Buffer | null | undefined,
  hunks: ReadonlyArray<Json> | string
): Buffer | undefined => {
  const text = after === undefined || after === null ? undefined : textIn(after)
  const patch = typeof hunks === "string" ? parsed(hunks) : patchOf(hunks)
  if (text === undefined || patch === undefined) return undefined
  const undo = reversed(patch)
  const before = undo === undefined ? undefined : applied(text, undo)
  return before === undefined ? undefined : Buffer.from(before)
}

const applied = (text: string, patch: StructuredPatch): string | undefined => {
  try {
    const result = applyPatch(text, patch, { fuzzFactor: 0 })
    return result === false ? undefined : result
  } catch {
    return undefined
  }
}

/** The patch that undoes a patch; undefined for what is none. */
const reversed = (patch: StructuredPatch): StructuredPatch | undefined => {
  try {
    return reversePatch(patch)
  } catch {
    return undefined
  }
}

/** The patch of one file that a text is. */
const parsed = (text: string): StructuredPatch | undefined => {
  try {
    const patches = parsePatch(text).filter(({ hunks }) => hunks.length > 0)
    return patches.length === 1 ? patches[0] : undefined
  } catch {
    return undefined
  }
}

const patchOf = (hunks: ReadonlyArray<Json>): StructuredPatch | undefined =>
  hunks.length > 0 && hunks.every(isHunk)
    ? ({ oldFileName: "a", newFileName: "a", oldHeader: "", newHeader: "", hunks } as unknown as StructuredPatch)
    : undefined

/** A hunk whose lines are as many as it says. */
const isHunk = (hunk: Json): hunk is JsonObject => {
  if (!isObject(hunk)) return false
  const lines = listOf(hunk["lines"])
  const marked = (marks: string) =>
    lines.filter((line) => typeof line === "string" && marks.includes(line.charAt(0))).length
  return (
    lines.length > 0 &&
    lines.every((line) => typeof line === "string" && /^[-+ \\]/.test(line)) &&
    [hunk["oldStart"], hunk["newStart"]].every((start) => Number.isSafeInteger(start) && Number(start) >= 0) &&
    hunk["oldLines"] === marked("- ") &&
    hunk["newLines"] === marked("+ ")
  )
}
