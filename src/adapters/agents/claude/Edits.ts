/**
 * The file changes in a PostToolUse payload of Claude Code 2.1.330, with exact contents where the payload (or, for a shell
 * command whose hook is waiting, the disk) has them. What cannot be known is left open.
 */
import { readFileSync, statSync } from "node:fs"
import { isAbsolute, resolve } from "node:path"
import { applyPatch, reversePatch, type StructuredPatch } from "diff"
import type { Edit, Json, JsonObject } from "../../../app/ports/Agent.ts"
import { isObject } from "./Payload.ts"

/** A larger file that a shell command changed is named, but not read: the agent is waiting. */
const largestRead = 8 * 1024 * 1024

/** A command may touch very many files; the rest stays in the raw payload. */
const mostFiles = 500

export const editsOf = (payload: JsonObject, live: boolean): ReadonlyArray<Edit> => {
  if (payload["hook_event_name"] !== "PostToolUse") return []
  const input = payload["tool_input"]
  const response = payload["tool_response"]
  if (!isObject(input) || !isObject(response)) return []
  const tool = textOf(payload["tool_name"]) ?? ""
  const base = {
    tool,
    call: textOf(payload["tool_use_id"]) ?? "",
    ...(typeof payload["agent_id"] === "string" && payload["agent_id"] !== "" ? { subagent: payload["agent_id"] } : {})
  }
  if (isObject(response["bashEditDiff"]))
    return shellEdits(response["bashEditDiff"], textOf(payload["cwd"]) ?? "/", base, live)
  // A staged edit waits for the person: nothing is written yet.
  if (response["staged"] === true) return []
  const contents = contentsOf(tool, input, response)
  const path = textOf(response["filePath"]) ?? textOf(response["notebook_path"]) ?? textOf(input["file_path"])
  if (contents === undefined || path === undefined) return []
  const { before, after } = contents
  return [
    {
      ...base,
      path,
      operation: before === null ? "created" : "modified",
      before: bytes(before),
      after: bytes(after),
      evidence: "payload",
      ...(response["userModified"] === true ? { userModified: true } : {})
    }
  ]
}

interface Contents {
  readonly before: string | null | undefined
  readonly after: string | undefined
}

const contentsOf = (tool: string, input: JsonObject, response: JsonObject): Contents | undefined => {
  // Of an update of a large file the client leaves the old content out, which is not to say that there was none.
  const isNew = response["originalFile"] === null && response["type"] !== "update"
  const before = isNew ? null : textOf(response["originalFile"])
  switch (tool) {
    case "Write":
      return { before, after: textOf(response["content"]) ?? textOf(input["content"]) }
    case "Edit":
      return {
        before,
        after: agreed(before, replaced(before, [{ ...input, ...response }]), response)
      }
    case "MultiEdit":
      return { before, after: replaced(before, Array.isArray(input["edits"]) ? input["edits"].filter(isObject) : []) }
    case "NotebookEdit":
      return { before: textOf(response["original_file"]), after: textOf(response["updated_file"]) }
    default:
      return undefined
  }
}

/** The content after replacements in order; undefined when one of them does not apply, so that nothing is guessed. */
const replaced = (before: string | null | undefined, edits: ReadonlyArray<JsonObject>): string | undefined => {
  if (before === undefined || edits.length === 0) return undefined
  let content = before ?? ""
  for (const edit of edits) {
    const old = textOf(edit["oldString"]) ?? textOf(edit["old_string"])
    const fresh = textOf(edit["newString"]) ?? textOf(edit["new_string"])
    if (old === undefined || fresh === undefined) return undefined
    if (old === "") {
      if (content !== "") return undefined
      content = fresh
    } else if (!content.includes(old)) {
      return undefined
    } else if (edit["replaceAll"] === true || edit["replace_all"] === true) {
      content = content.replaceAll(old, () => fresh)
    } else {
      content = content.replace(old, () => fresh)
    }
  }
  return content
}

/**
 * The content after an edit, when it is also what the client's own patch gives: the client takes the line end along with a
 * line that it removes. A patch that does not fit the content (some tools' patches show tabs as spaces) says nothing.
 */
const agreed = (
  before: string | null | undefined,
  after: string | undefined,
  response: JsonObject
): string | undefined => {
  const hunks = listOf(response["structuredPatch"])
  if (typeof before !== "string" || after === undefined) return after
  const shown = hunks.length > 0 && hunks.every(isHunk) ? patched(before, patchOf(hunks)) : undefined
  // Whether a line end went along can't be told without the patch.
  return shown ?? (response["newString"] === "" ? undefined : after)
}

/** Undefined when the patch does not fit, or is none. */
const patched = (text: string, patch: StructuredPatch): string | undefined => {
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

/** A hunk whose lines are as many as it says (diff(1), unified format). */
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

const patchOf = (hunks: ReadonlyArray<JsonObject>): StructuredPatch =>
  ({ oldFileName: "a", newFileName: "a", oldHeader: "", newHeader: "", hunks }) as unknown as StructuredPatch

type Base = Pick<Edit, "tool" | "call" | "subagent">

const shellEdits = (report: JsonObject, cwd: string, base: Base, live: boolean): ReadonlyArray<Edit> => {
  const diffs = new Map<string, JsonObject>()
  for (const file of listOf(report["files"])) {
    if (isObject(file) && typeof file["filePath"] === "string") diffs.set(file["filePath"], file)
  }
  const paths = new Set([...diffs.keys(), ...listOf(report["changedFiles"]).filter((path) => typeof path === "string")])
  return [...paths].slice(0, mostFiles).map((path) => {
    const diff = diffs.get(path)
    const gone = diff?.["deleted"] === true
    const created = diff?.["created"] === true
    const onDisk = live && !gone ? contentOnDisk(isAbsolute(path) ? path : resolve(cwd, path)) : undefined
    const after = gone ? null : onDisk
    return {
      ...base,
      path,
      operation: gone || onDisk === null ? "deleted" : created ? "created" : "modified",
      before: created ? null : diff === undefined || gone ? undefined : contentBefore(onDisk, diff),
      after,
      evidence: onDisk === undefined ? "diff" : "disk"
    }
  })
}

/** The content before a diff, from that after it; undefined unless every line of the diff fits. */
const contentBefore = (after: Buffer | null | undefined, diff: JsonObject): Buffer | undefined => {
  if (after === undefined || after === null) return undefined
  const text = after.toString("utf8")
  // Not UTF-8: lines of it cannot be compared with lines of JSON.
  if (!Buffer.from(text).equals(after)) return undefined
  const hunks = listOf(diff["hunks"])
  if (hunks.length === 0 || !hunks.every(isHunk)) return undefined
  const undo = reversed(patchOf(hunks))
  const before = undo === undefined ? undefined : patched(text, undo)
  return before === undefined ? undefined : Buffer.from(before)
}

/** Null for a path where no file is; undefined for what is not read. */
const contentOnDisk = (path: string): Buffer | null | undefined => {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return null
    return stat.isFile() && stat.size <= largestRead ? readFileSync(path) : undefined
  } catch {
    // Unreadable for whatever reason: the change is recorded without its content.
    return undefined
  }
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

const listOf = (value: Json | undefined): ReadonlyArray<Json> =>
  Array.isArray(value) ? (value as ReadonlyArray<Json>) : []

/** Bytes that are no UTF-8 reach a payload as U+FFFD, and then nobody can say what they were. */
const bytes = (text: string | null | undefined): Buffer | null | undefined => {
  if (text === null || text === undefined) return text
  return text.isWellFormed() && !text.includes("\ufffd") ? Buffer.from(text) : undefined
}
