/**
 * The file changes in what a plugin of OpenCode hands on after a tool call. The client formats a file before it reports it,
 * so that the content after is what is on disk: what Nexus' plugin read there around the call, or what is read while its hook
 * waits. Only where there is neither is it what the payload says.
 */
import { resolve } from "node:path"
import type { Edit, JsonObject } from "../../../app/ports/Agent.ts"
import { bytes, contentOnDisk, textIn } from "../Contents.ts"
import { envelopeIn } from "../Envelope.ts"
import { editsIn } from "../EnvelopeEdits.ts"
import { firstText, isObject, listOf, textOf } from "../Payload.ts"
import { replacementsIn, unreplaced } from "../Replacements.ts"
import { unpatched } from "../UnifiedDiff.ts"
import { type Call, callIn, folderOf, hookOf, sessionsOf } from "./Payload.ts"

type Base = Pick<Edit, "tool" | "call" | "subagent">
type Content = Buffer | null | undefined

export const editsOf = (payload: JsonObject, live: boolean): ReadonlyArray<Edit> => {
  if (hookOf(payload) !== "tool.execute.after") return []
  const call = callIn(payload)
  const { id, parent } = sessionsOf(payload)
  const base = { tool: call.tool, call: call.id, ...(parent === undefined ? {} : { subagent: id }) }
  const folder = folderOf(payload) ?? "/"
  const seen = (path: string): Content =>
    readIn(payload, path, "after") ?? (live ? contentOnDisk(path, folder) : undefined)
  const path = firstText(call.args, ["filePath", "file_path", "path"])
  switch (call.tool) {
    case "write":
      return path === undefined ? [] : [asRead(payload, written(call, base, path, seen(path)))]
    case "edit":
    case "multiedit":
      return path === undefined ? [] : [asRead(payload, edited(call, base, path, seen(path)))]
    case "patch":
    case "apply_patch": {
      const files = listOf(call.metadata["files"]).filter(isObject)
      if (files.length > 0)
        return files.flatMap((file) => patchedFile(file, base, seen)).map((edit) => asRead(payload, edit))
      const envelope = envelopeIn(call.args)
      return envelope === undefined ? [] : editsIn(envelope, base, folder, live).map((edit) => asRead(payload, edit))
    }
    default:
      return []
  }
}

/** What Nexus' plugin read in a file before or after the call; null for no file, undefined for one that it did not read. */
const readIn = (payload: JsonObject, path: string, when: "before" | "after"): Content => {
  const absolute = (one: string) => resolve(folderOf(payload) ?? "/", one)
  const file = listOf(payload["files"])
    .filter(isObject)
    .find((one) => absolute(textOf(one["path"]) ?? "") === absolute(path))
  return file?.[when] === null ? null : bytes(textOf(file?.[when]))
}

/** An edit with the contents that the plugin read, where it did and the edit has none that were seen on disk. */
const asRead = (payload: JsonObject, told: Edit): Edit => {
  const after = told.after === undefined ? readIn(payload, told.path, "after") : undefined
  const edit: Edit = after === undefined ? told : { ...told, after, evidence: "disk" }
  const before = readIn(payload, edit.from ?? edit.path, "before")
  if (before === undefined) return edit
  if (edit.operation === "deleted" || edit.from !== undefined) return before === null ? edit : { ...edit, before }
  return { ...edit, before, operation: before === null ? "created" : "modified" }
}

const written = ({ args, metadata }: Call, base: Base, path: string, onDisk: Content): Edit => {
  const isNew = metadata["exists"] === false
  return {
    ...base,
    path,
    operation: isNew ? "created" : "modified",
    before: isNew ? null : diffOf(metadata, onDisk).before,
    after: onDisk ?? bytes(textOf(args["content"])),
    evidence: onDisk ? "disk" : "payload"
  }
}

const edited = ({ args, metadata }: Call, base: Base, path: string, onDisk: Content): Edit => {
  const results = listOf(metadata["results"]).filter(isObject)
  const first = diffOf(results[0] ?? metadata, results.length > 1 ? undefined : onDisk)
  const last = diffOf(results.at(-1) ?? metadata, onDisk)
  const replacements = replacementsIn(Array.isArray(args["edits"]) ? listOf(args["edits"]) : [args]) ?? []
  const text = onDisk ? textIn(onDisk) : undefined
  const before = first.before ?? (text === undefined ? undefined : bytes(unreplaced(text, replacements)))
  // Only a file that was not there is edited by putting all its text in place of none.
  const isNew = before?.length === 0 && replacements[0]?.old === ""
  return {
    ...base,
    path,
    operation: isNew ? "created" : "modified",
    before: isNew ? null : before,
    after: onDisk ?? last.after,
    evidence: onDisk ? "disk" : last.after === undefined ? "diff" : "payload"
  }
}

/** Contents that the tool reports: both in older clients, a patch in newer ones, which may be cut for display. */
const diffOf = (metadata: JsonObject, onDisk: Content): { before: Buffer | undefined; after: Buffer | undefined } => {
  const diff = isObject(metadata["filediff"]) ? metadata["filediff"] : metadata
  const patch = firstText(diff, ["patch", "diff"])
  return {
    before: bytes(textOf(diff["before"])) ?? (patch === undefined ? undefined : unpatched(onDisk, patch)),
    after: bytes(textOf(diff["after"])) ?? undefined
  }
}

/** A file of an `apply_patch`, as its metadata tells it. */
const patchedFile = (file: JsonObject, base: Base, seen: (path: string) => Content): ReadonlyArray<Edit> => {
  const path = firstText(file, ["filePath", "file_path", "path"])
  if (path === undefined) return []
  const kind = textOf(file["type"])
  const to = textOf(file["movePath"])
  const onDisk = kind === "delete" ? undefined : seen(to ?? path)
  const { before, after } = diffOf(file, onDisk)
  const gone = { ...base, path, operation: "deleted", before, after: null, evidence: "payload" } as const
  if (kind === "delete") return [gone]
  const edit: Edit = {
    ...base,
    path: to ?? path,
    operation: kind === "add" ? "created" : "modified",
    before: kind === "add" ? null : before,
    after: onDisk ?? after,
    evidence: onDisk ? "disk" : after === undefined ? "diff" : "payload"
  }
  return to === undefined || to === path ? [edit] : [gone, { ...edit, from: path }]
}
