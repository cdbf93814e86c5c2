/** The edits that an `apply_patch` envelope tells of. It has no contents of updated files: those are looked for on the disk. */
import type { Edit } from "../../app/ports/Agent.ts"
import { bytes, contentOnDisk, textIn } from "./Contents.ts"
import { changesIn, type FileChange, shows, unapplied } from "./Envelope.ts"

type Base = Pick<Edit, "tool" | "call" | "subagent" | "once">

/** `folder`: what paths are relative to. `live`: the disk has what the call left. */
export const editsIn = (envelope: string, base: Base, folder: string, live: boolean): ReadonlyArray<Edit> =>
  changesIn(envelope).flatMap((change): ReadonlyArray<Edit> => {
    const { path } = change
    const deleted = { ...base, path, operation: "deleted", after: null, evidence: "payload" } as const
    switch (change.kind) {
      case "add":
        return [
          { ...base, path, operation: "created", before: null, after: bytes(change.content), evidence: "payload" }
        ]
      case "delete":
        return [{ ...deleted, before: undefined }]
      case "update": {
        const { to } = change
        const { before, after } = live ? updated(change, folder) : open
        const evidence = after === undefined ? "diff" : "disk"
        const edit = { ...base, path: to ?? path, operation: "modified", before, after, evidence } as const
        return to === undefined || to === path
          ? [edit]
          : [
              { ...deleted, before },
              { ...edit, from: path }
            ]
      }
    }
  })

const open: Pick<Edit, "before" | "after"> = { before: undefined, after: undefined }

/** The file as it is on disk, if that shows the update; and what it was before, if the update can be undone. */
const updated = (
  { path, to, hunks }: Extract<FileChange, { readonly kind: "update" }>,
  folder: string
): Pick<Edit, "before" | "after"> => {
  const after = contentOnDisk(to ?? path, folder) ?? undefined
  const text = after === undefined ? undefined : textIn(after)
  if (text === undefined || !shows(text, hunks)) return open
  return { before: hunks.length === 0 ? after : (bytes(unapplied(text, hunks)) ?? undefined), after }
}

/** The files that an envelope names. */
export const filesIn = (envelope: string): ReadonlyArray<string> => [
  ...new Set(
    changesIn(envelope).flatMap((change) =>
      change.kind === "update" && change.to !== undefined ? [change.path, change.to] : [change.path]
    )
  )
]
