/**
 * The file changes in Cursor's payloads. Two hooks tell of one edit, `afterFileEdit` and `postToolUse`, and the second again
 * where Cursor runs Claude Code's hooks too: each change carries a word by which it is recorded once.
 */
import type { Edit, JsonObject } from "../../../app/ports/Agent.ts"
import { bytes, contentOnDisk, textIn } from "../Contents.ts"
import { editsIn } from "../EnvelopeEdits.ts"
import { listOf, objectOf, textOf } from "../Payload.ts"
import { type Replacement, replaced, replacementsIn, unreplaced } from "../Replacements.ts"
import { changeWord, eventOf, fileOf, folderOf, inputOf, patchOf, pathOf } from "./Payload.ts"

type Base = Pick<Edit, "tool" | "call" | "model">

export const editsOf = (payload: JsonObject, live: boolean): ReadonlyArray<Edit> => {
  const model = textOf(payload["model"])
  switch (eventOf(payload)) {
    case "postToolUse":
      return toolEdits(payload, live)
    case "afterFileEdit":
      return told(payload, { tool: "afterFileEdit", call: "" }, live)
    case "afterTabFileEdit":
      // Completions come from a model of their own, which is not the conversation's.
      return told(payload, { tool: "tab", call: "", model: model ?? "tab" }, live)
    default:
      return []
  }
}

const toolEdits = (payload: JsonObject, live: boolean): ReadonlyArray<Edit> => {
  const tool = textOf(payload["tool_name"]) ?? ""
  const base = { tool, call: textOf(payload["tool_use_id"]) ?? "" }
  const folder = folderOf(payload) ?? "/"
  const input = inputOf(payload)
  const path = fileOf(input)
  const envelope = patchOf(payload)
  if (tool === "ApplyPatch" && envelope !== undefined) {
    return editsIn(envelope, base, folder, live).map((edit) => {
      const file = pathOf(edit.path)
      return { ...edit, path: file, once: changeWord(payload, file, edit.after ?? envelope) }
    })
  }
  if (path === undefined) return []
  switch (tool) {
    case "Delete":
      return [
        {
          ...base,
          path,
          operation: "deleted",
          before: undefined,
          after: null,
          evidence: "payload",
          once: changeWord(payload, path, "")
        }
      ]
    case "Write": {
      const content = textOf(input["content"]) ?? textOf(input["contents"])
      const replacements = replacementsIn([input])
      if (content === undefined && replacements !== undefined)
        return [replacedEdit(payload, base, path, replacements, live)]
      const before = originalIn(payload)
      const after = bytes(content)
      if (after === undefined || after === null) return []
      return [
        {
          ...base,
          path,
          operation: before === null ? "created" : "modified",
          before,
          after,
          evidence: "payload",
          once: changeWord(payload, path, after)
        }
      ]
    }
    case "StrReplace":
    case "Edit":
    case "MultiEdit": {
      const replacements = replacementsIn(tool === "MultiEdit" ? listOf(input["edits"]) : [input])
      return replacements === undefined ? [] : [replacedEdit(payload, base, path, replacements, live)]
    }
    default:
      return []
  }
}

/** The content before, as hooks of Claude Code's form have it. */
const originalIn = (payload: JsonObject): Buffer | null | undefined => {
  const response = objectOf(payload["tool_response"])
  if (response["type"] === "create" && response["originalFile"] === null) return null
  return bytes(textOf(response["originalFile"]))
}

/** An edit of `afterFileEdit` or `afterTabFileEdit`. */
const told = (payload: JsonObject, base: Base, live: boolean): ReadonlyArray<Edit> => {
  const path = fileOf(payload)
  const replacements = replacementsIn(listOf(payload["edits"]))
  return path === undefined || replacements === undefined ? [] : [replacedEdit(payload, base, path, replacements, live)]
}

const replacedEdit = (
  payload: JsonObject,
  base: Base,
  path: string,
  replacements: ReadonlyArray<Replacement>,
  live: boolean
): Edit => {
  const { before, after, evidence } = contentsOf(payload, path, replacements, live)
  const words = JSON.stringify(replacements.map(({ old, fresh }) => [old, fresh]))
  return {
    ...base,
    path,
    operation: "modified",
    before,
    after,
    evidence,
    once: changeWord(payload, path, after ?? words)
  }
}

const contentsOf = (
  payload: JsonObject,
  path: string,
  replacements: ReadonlyArray<Replacement>,
  live: boolean
): { before: Buffer | undefined; after: Buffer | undefined; evidence: Edit["evidence"] } => {
  const original = originalIn(payload)
  const followed = original ? bytes(replaced(textIn(original), replacements)) : undefined
  if (original && followed) return { before: original, after: followed, evidence: "payload" }
  // Text for nothing is the whole file, which need not have been new.
  const [only] = replacements
  if (only?.old === "" && replacements.length === 1)
    return { before: undefined, after: bytes(only.fresh) ?? undefined, evidence: "payload" }
  const onDisk = live ? (contentOnDisk(path, folderOf(payload) ?? "/") ?? undefined) : undefined
  const text = onDisk === undefined ? undefined : textIn(onDisk)
  // A file that does not show what was put in is not, or no longer, what the edit made of it.
  if (text === undefined || !replacements.every(({ fresh }) => text.includes(fresh)))
    return { before: undefined, after: undefined, evidence: "diff" }
  return { before: bytes(unreplaced(text, replacements)) ?? undefined, after: onDisk, evidence: "disk" }
}
