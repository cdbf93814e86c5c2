/** The keeper's job of taking a checkpoint after so many edits of agents. */
import * as Effect from "effect/Effect"
import type { FileEdited } from "../../../domain/SessionEvents.ts"
import { EventLog } from "../../../events/EventLog.ts"
import { Nexus } from "../../Nexus.ts"
import { takeCheckpoint } from "../TakeCheckpoint.ts"
import type { Job, Kept } from "./Job.ts"
import type { Note } from "./Notes.ts"
import { agentAtWork, isIn } from "./SeenUse.ts"

/** Events that are looked at in one round; the rest is for the next. */
const pageSize = 5000

/** While an agent's tool is at work, so many rounds are let pass: then it is taken all the same. */
const mostPutOff = 10

export const checkpointEdits: Job = {
  name: "checkpoints",
  run: (kept, before) =>
    Effect.gen(function* () {
      const { workspace, settings } = kept
      const note = yield* counted(kept, before)
      if (settings.everyEdits === null || note.edits < settings.everyEdits) return note
      const { home } = yield* Nexus
      if (workspace.pending !== null) return note
      if (note.putOff < mostPutOff && agentAtWork(workspace.folder, home.calls))
        return { ...note, putOff: note.putOff + 1 }
      const message = `after ${note.edits} edits of agents`
      yield* takeCheckpoint(workspace.id, { occasion: "edits", ignored: false, message })
      return { ...note, edits: 0, putOff: 0 }
    }),
  // Not every round anew: it is tried again after as many edits.
  failed: (note) => ({ ...note, edits: 0, putOff: 0 })
}

/** Since its last checkpoint, whoever took that. */
const counted = ({ workspace, checkpoints }: Kept, note: Note) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const last = checkpoints.findLast(({ status }) => status === "completed")?.held?.position ?? 0
    const from = Math.max(note.position, last)
    const page = yield* log.page({ types: ["FileEdited"], after: from }, pageSize)
    const edits = page.filter(
      ({ payload }) => payload !== null && isInWorktree(workspace.folder, payload as FileEdited)
    ).length
    const position = page.length < pageSize ? (yield* log.head).position : (page.at(-1)?.position ?? from)
    return { ...note, edits: (last > note.position ? 0 : note.edits) + edits, position }
  })

const isInWorktree = (folder: string, { path, checkout }: FileEdited): boolean =>
  checkout === folder || (checkout === undefined && isIn(folder, path))
