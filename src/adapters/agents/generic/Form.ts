/** What any tool can send to `nexus record`, in whichever of the forms, as one. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type JsonObject, PayloadRefused } from "../../../app/ports/Agent.ts"
import { AboutToEdit, type ChangedFile, type content, Edited, KnownHuman, Own, Persons, Shell } from "./Schemas.ts"

/** A file in a record. `after` undefined: what is on disk now. */
export interface File {
  readonly path: string
  readonly before: string | null | undefined
  readonly after: string | null | undefined
  readonly operation?: "created" | "modified" | "deleted" | undefined
}

/** A conversation's record. `shell`: it is the start or the end of a command. */
export interface AgentRecord {
  readonly by: "ai"
  readonly agent: string
  readonly session: string
  readonly cwd: string
  readonly tool: string
  readonly files: ReadonlyArray<File>
  readonly model?: string | undefined
  readonly id?: string | undefined
  readonly call?: string | undefined
  readonly time?: number | undefined
  readonly prompt?: string | undefined
  readonly shell?: { readonly phase: "start" | "end"; readonly command: string | undefined }
}

/** `seen`: "editor", a person saved the files; "snapshot", so they were when an agent was about to edit them. */
export interface PersonRecord {
  readonly by: "human"
  readonly seen: "editor" | "snapshot"
  readonly cwd: string
  readonly tool: string
  readonly files: ReadonlyArray<File>
  readonly id?: string | undefined
  readonly time?: number | undefined
}

/** What a payload says; or why it cannot be recorded, with the name of the field that is wrong. */
export const recordIn = (payload: JsonObject): Either.Either<AgentRecord | PersonRecord, PayloadRefused> => {
  const { type, by } = payload
  if (type === "human") return Either.map(decode(AboutToEdit, payload), aboutToEdit)
  if (type === "ai_agent") return Either.map(decode(Edited, payload), edited)
  if (type === "pre_shell_command" || type === "post_shell_command")
    return Either.map(decode(Shell, payload), shellCommand)
  if (payload["editor"] !== undefined) return Either.flatMap(decode(KnownHuman, payload), knownHuman)
  return by === "human" ? Either.map(decode(Persons, payload), persons) : Either.map(decode(Own, payload), own)
}

const decode = <A, I>(schema: Schema.Schema<A, I>, payload: JsonObject): Either.Either<A, PayloadRefused> =>
  Schema.decodeUnknownEither(schema)(payload).pipe(
    Either.mapLeft((error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      const field = (issue?.path ?? []).map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
      const message = (issue?.message ?? "is wrong").replace(/\s+/g, " ")
      return new PayloadRefused({ reason: `${field.join("").replace(/^\./, "")} ${message.slice(0, 200)}` })
    })
  )

const own = ({ edits, tool, time: at, by: _by, ...rest }: typeof Own.Type): AgentRecord => ({
  ...rest,
  by: "ai",
  tool: tool ?? "record",
  call: rest.id,
  time: at === undefined ? undefined : Date.parse(at),
  files: edits.map(file)
})

const persons = ({ agent, cwd, edits, tool, time: at, id: one }: typeof Persons.Type): PersonRecord => ({
  by: "human",
  seen: "editor",
  cwd,
  tool: tool ?? agent,
  id: one,
  time: at === undefined ? undefined : Date.parse(at),
  files: edits.map(file)
})

const file = ({ path, before, after, operation }: typeof ChangedFile.Type): File => ({
  path,
  before: textOf(before),
  after: textOf(after),
  operation
})

const edited = (given: typeof Edited.Type): AgentRecord => ({
  ...conversation(given),
  tool: "edit",
  files: filesOf(given.edited_filepaths, given.dirty_files)
})

const shellCommand = (given: typeof Shell.Type): AgentRecord => ({
  ...conversation(given),
  tool: "shell",
  files: [],
  shell: { phase: given.type === "pre_shell_command" ? "start" : "end", command: given.command }
})

const conversation = (given: Omit<typeof Edited.Type, "type">) => ({
  by: "ai" as const,
  // git-ai lets tools name themselves as they like.
  agent:
    given.agent_name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+|-+$/g, "")
      .slice(0, 64) || "agent",
  session: given.conversation_id,
  cwd: given.repo_working_dir,
  model: given.model,
  call: given.tool_use_id
})

const aboutToEdit = (given: typeof AboutToEdit.Type): PersonRecord => ({
  by: "human",
  seen: "snapshot",
  cwd: given.repo_working_dir,
  tool: "agent-v1",
  files: filesOf(given.will_edit_filepaths, given.dirty_files)
})

const knownHuman = (given: typeof KnownHuman.Type): Either.Either<PersonRecord, PayloadRefused> => {
  const cwd = given.cwd ?? given.repo_working_dir
  return cwd === undefined
    ? Either.left(new PayloadRefused({ reason: "cwd is missing" }))
    : Either.right({
        by: "human",
        seen: "editor",
        cwd,
        tool: given.editor,
        files: filesOf(given.edited_filepaths, given.dirty_files)
      })
}

/** The named files, or else those whose contents are given. Contents are given by the path as named. */
const filesOf = (
  named: ReadonlyArray<string> | undefined,
  given: Readonly<Record<string, typeof content.Type>> | null | undefined
): ReadonlyArray<File> =>
  (named ?? Object.keys(given ?? {})).map((path) => ({
    path,
    before: undefined,
    // A file may have the name of something that every object has.
    after: textOf(given && Object.hasOwn(given, path) ? given[path] : undefined)
  }))

const textOf = <None extends null | undefined>(given: typeof content.Type | None): string | undefined | None =>
  typeof given === "object" && given !== null ? undefined : given
