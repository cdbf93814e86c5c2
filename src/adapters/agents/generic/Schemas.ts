/**
 * The shapes of what can be sent to `nexus record`: the form of Nexus, and the open forms of git-ai, its presets `agent-v1` and
 * `known_human` (https://github.com/git-ai-project/git-ai, src/commands/checkpoint_agent/presets). Messages follow the field's name.
 */
import { isAbsolute } from "node:path"
import * as Schema from "effect/Schema"

const string = Schema.String.annotations({ message: () => "must be text" })
const text = Schema.optional(string)
const nonEmpty = string.pipe(Schema.minLength(1, { message: () => "must be text, and not empty" }))
const folder = string.pipe(Schema.filter(isAbsolute, { message: () => "must be an absolute path" }))
const id = (name: string) =>
  string.pipe(
    Schema.pattern(/^[\w.@-]{1,128}$/, {
      message: () => `must be ${name}: 1 to 128 letters, digits or any of . _ @ -`
    })
  )
const client = string.pipe(
  Schema.pattern(/^[a-z][a-z0-9-]{0,63}$/, {
    message: () => "must be the tool's name: lower-case letters, digits and -, beginning with a letter"
  })
)
const time = string.pipe(
  Schema.filter((value) => Number.isFinite(Date.parse(value)), { message: () => "must be a time as in ISO 8601" })
)

/** In a payload whose contents are stored already, a reference stands for a long one. */
export const content = Schema.Union(
  Schema.String.annotations({ message: () => "must be the whole text of the file, or null where there is no file" }),
  Schema.Struct({ $blob: Schema.String })
)

/** A file that was changed. */
export const ChangedFile = Schema.Struct({
  /** Absolute, or relative to `cwd`. */
  path: nonEmpty,
  /** Left out: not known. Null: there was no such file. */
  before: Schema.optional(Schema.NullOr(content)),
  /** Null: the file is gone. */
  after: Schema.NullOr(content),
  operation: Schema.optional(
    Schema.Literal("created", "modified", "deleted").annotations({
      message: () => "must be created, modified or deleted"
    })
  )
})

/** The form of Nexus. */
export const Own = Schema.Struct({
  agent: client,
  session: id("the id of a conversation"),
  model: text,
  cwd: folder,
  /** Of this record: the same again is recorded once. */
  id: Schema.optional(id("an id")),
  time: Schema.optional(time),
  /** What made the edits: the name of the agent's tool. */
  tool: text,
  prompt: text,
  by: Schema.optional(Schema.Literal("ai").annotations({ message: () => "must be ai or human" })),
  edits: Schema.Array(ChangedFile).annotations({ message: () => "must be a list of edits" })
})

/** The same for what a person did: it is of no conversation. */
export const Persons = Schema.Struct({
  ...Own.fields,
  session: Schema.optional(Own.fields.session),
  by: Schema.Literal("human")
})

const paths = Schema.optional(Schema.Array(string).annotations({ message: () => "must be a list of paths" }))
/** By path. */
export const contents = Schema.optional(Schema.NullOr(Schema.Record({ key: string, value: content })))

const agentV1 = {
  repo_working_dir: folder,
  agent_name: nonEmpty,
  model: text,
  conversation_id: id("the id of a conversation"),
  tool_use_id: text,
  command: text,
  edited_filepaths: paths,
  will_edit_filepaths: paths,
  dirty_files: contents
}
/** `agent-v1`: an agent has edited files. */
export const Edited = Schema.Struct({ ...agentV1, type: Schema.Literal("ai_agent") })
/** `agent-v1`: an agent is about to run a command, or has. */
export const Shell = Schema.Struct({ ...agentV1, type: Schema.Literal("pre_shell_command", "post_shell_command") })
/** `agent-v1`: what files are before an agent edits them. */
export const AboutToEdit = Schema.Struct({
  type: Schema.Literal("human"),
  repo_working_dir: folder,
  will_edit_filepaths: paths,
  dirty_files: contents
})
/** `known_human`: a person saved files in an editor. */
export const KnownHuman = Schema.Struct({
  editor: nonEmpty,
  cwd: Schema.optional(folder),
  repo_working_dir: Schema.optional(folder),
  edited_filepaths: paths,
  dirty_files: contents
})
