/**
 * The file changes in a PostToolUse payload of Claude Code 2.1.330, with exact contents where the payload (or, for a shell
 * command whose hook is waiting, the disk) has them. What cannot be known is left open.
 */
import type { Edit, Json, JsonObject } from "../../../app/ports/Agent.ts"
import { bytes, contentOnDisk } from "../Contents.ts"
import { isObject, listOf, textOf } from "../Payload.ts"
import { replaced, replacementsIn } from "../Replacements.ts"
import { patched, unpatched } from "../UnifiedDiff.ts"

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
        after: agreed(before, followed(before, [{ ...input, ...response }]), response)
      }
    case "MultiEdit":
      return { before, after: followed(before, listOf(input["edits"])) }
    case "NotebookEdit":
      return { before: textOf(response["original_file"]), after: textOf(response["updated_file"]) }
    default:
      return undefined
  }
}

/** The content after the edits of a payload, in order; undefined when one of them does not apply. */
const followed = (before: string | null | undefined, edits: ReadonlyArray<Json>): string | undefined => {
  const replacements = replacementsIn(edits)
  return replacements === undefined ? undefined : replaced(before, replacements)
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
  if (typeof before !== "string" || after === undefined) return after
  const shown = patched(before, listOf(response["structuredPatch"]))
  // Whether a line end went along can't be told without the patch.
  return shown ?? (response["newString"] === "" ? undefined : after)
}

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
    const onDisk = live && !gone ? contentOnDisk(path, cwd) : undefined
    const after = gone ? null : onDisk
    return {
      ...base,
      path,
      operation: gone || onDisk === null ? "deleted" : created ? "created" : "modified",
      before: created ? null : diff === undefined || gone ? undefined : unpatched(onDisk, listOf(diff["hunks"])),
      after,
      evidence: onDisk === undefined ? "diff" : "disk"
    }
  })
}
