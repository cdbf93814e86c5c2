/** How people and their editors get into a workspace. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Programs } from "../ports/Programs.ts"
import { backendNamed, find } from "./Find.ts"
import { running } from "./Execute.ts"
import { aliasOf } from "./Reach.ts"
import type { Say } from "./StartWithPorts.ts"

/** An editor that can be started from here. */
export const editors = ["code", "cursor"] as const
export type Editor = (typeof editors)[number]

/** An editor could not be started. */
export class EditorFailed extends Schema.TaggedError<EditorFailed>()("EditorFailed", {
  editor: Schema.String,
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `${this.editor} could not be started: ${this.reason}.`
  }
}

/** `commands`: for each editor, what opens it there. `alias`: null where it is a folder of this machine alone. */
export const waysIn = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    const alias = backend.here === undefined ? yield* aliasOf(workspace) : null
    const commands = editors.map((editor) => ({
      editor,
      command: [editor, ...(alias === null ? [] : ["--remote", `ssh-remote+${alias}`]), workspace.folder]
    }))
    return { workspace, alias, commands }
  })

/** Starts an editor there. Fails with EditorFailed. */
export const openWith = (name: string, editor: Editor, say: Say) =>
  Effect.gen(function* () {
    const ways = yield* waysIn(name)
    // An editor is not told what to start first.
    if (ways.workspace.stoppedFor === "idle") yield* running(name, say)
    const command = ways.commands.find((one) => one.editor === editor)?.command ?? []
    const ran = yield* (yield* Programs).run(command, { cwd: ways.workspace.folder, timeout: 60_000, keep: 4096 })
    if (ran.exit !== 0)
      return yield* new EditorFailed({
        editor,
        reason: ran.isMissing
          ? "it is not installed"
          : ran.isTimedOut
            ? "it did not answer within a minute"
            : ran.output.toString("utf8").trim().split("\n").at(-1) || `it ended with code ${ran.exit}`,
        hint: `By hand: ${command.join(" ")}`
      })
    return ways
  })
