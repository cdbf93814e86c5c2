/** The port that each coding agent's adapter implements: what its hooks deliver, and how they are installed. */
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { FileObserved } from "../../domain/FileEvents.ts"
import type { AgentList } from "../../domain/boulder/Mirror.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionFact } from "../../domain/Session.ts"
import type { CaptureDriftFound, FileEdited, ModelSwitched, UsageReported } from "../../domain/SessionEvents.ts"

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** A payload that is none of this agent's. It is set aside, with this reason. */
export class PayloadRefused extends Schema.TaggedError<PayloadRefused>()("PayloadRefused", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A change of a file as the payload tells it, with the exact contents. Undefined: not known. Null: no such file. */
export interface Edit extends Pick<FileEdited, "tool" | "call" | "operation" | "evidence"> {
  /** Why a shell's change is taken for its work; see `FileEdited.claim`. */
  readonly claim?: FileEdited["claim"]
  /** The path that the content came from, in the same form as `path`. */
  readonly from?: string
  readonly formatter?: string
  /** See `FileEdited.head`. */
  readonly head?: string
  /** As the client wrote it, mostly absolute. */
  readonly path: string
  readonly before: Buffer | null | undefined
  readonly after: Buffer | null | undefined
  readonly userModified?: boolean
  readonly model?: string
  readonly subagent?: string
  /** The client may tell this change by several hooks: of a session's edits with the same word here, the first is recorded. */
  readonly once?: string
}

/** A file as a payload says that it was outside of any agent's operation: a person saved it. Null: no such file. */
export interface Observed extends Pick<FileObserved, "by" | "tool"> {
  /** As the client wrote it, mostly absolute. */
  readonly path: string
  readonly content: Buffer | null
}

/**
 * A call that may change files, as its start or its end is delivered. While the hook of its start waits, Nexus looks at what
 * the call can reach; at its end it looks again, and what differs is the call's work, as far as nobody else was at it.
 */
export interface CallWindow {
  /** The name of the client, where the adapter reads for others than its own. */
  readonly client?: string
  /** The agent's own ids of the conversation and of the call. */
  readonly session: string
  readonly call: string
  readonly phase: "start" | "end"
  readonly tool: string
  /** The files that it names, as the client wrote them; or the whole checkout, for a shell or a server. */
  readonly reach: "checkout" | ReadonlyArray<string>
  /** What a shell runs. */
  readonly command?: string
  /** It goes on after its end was delivered: when it ends at last, another end of it is delivered. */
  readonly background?: boolean
  /** The subagent that made it. */
  readonly subagent?: string
}

export interface Prompt {
  readonly text: string
  readonly by: "human" | "machine"
  /** The client's id of it. */
  readonly id?: string
}

/** What a payload says, in the domain's words. `facts` may quote it, so they are made from the redacted payload. */
export interface Reading {
  /** Null when it is of no conversation: it then tells of observed files alone. */
  readonly session: SessionId | null
  readonly cwd: string
  /** When it happened, in milliseconds since 1970, if the client says so. */
  readonly time?: number
  readonly transcript?: string
  readonly model?: { readonly name: string; readonly evidence: ModelSwitched["evidence"] }
  readonly usage?: UsageReported
  readonly facts: ReadonlyArray<SessionFact>
  readonly prompt?: Prompt
  /** What it says of the agent's own list of tasks. */
  readonly tasks?: AgentList
  /** The subagent that acted, and its model where known. */
  readonly subagent?: string
  readonly subagentModel?: string
  /** The client's own id of this delivery, if it has one: its repetition is the same delivery. */
  readonly delivery?: string
  /** The client may deliver it in several forms: whatever comes under the same id is a repetition. */
  readonly manyForms?: boolean
  readonly drift: ReadonlyArray<Pick<CaptureDriftFound, "hook" | "field" | "problem">>
}

export interface ReadContext {
  /** The hook that delivered this is waiting: what is on disk is what the agent sees. */
  readonly live: boolean
  /** What was last recorded of a session's usage. */
  readonly usage: (session: SessionId) => UsageReported | null
}

/** An agent whose shell runs a command. */
export interface Caller {
  readonly agent: string
  readonly session?: SessionId
}

/** A client asks whether it may stop, or tells that it has stopped. */
export interface StopSignal {
  /** Null when the client does not name the conversation: then nothing is decided. */
  readonly session: SessionId | null
  /** "stop": of the conversation itself; "subagent": of a helper within it; "failure": the model's service failed. */
  readonly kind: "stop" | "subagent" | "failure"
  /** The client waits for the answer, and heeds it, before it stops. Otherwise a continuation has to wake it, if it can. */
  readonly waits: boolean
  /** The client's own word for this stop, where it has one: the same word again is the same stop. */
  readonly turn?: string
  /** What a person does or has to do just now, so that nothing may be said in their stead. */
  readonly intent?: "aborted" | "question" | "permission" | "plan mode"
  /** How much of the conversation's own work still runs in the background. */
  readonly background: number
  /** What failed: the client's word for it, and the service's status where it is told ("rate_limit", "APIError 400"). */
  readonly error?: string
  /** How full the model's context is, where the client says so. */
  readonly contextPercent?: number
}

/** What a hook answers. Each client has its own words for it. */
export type Answer =
  /** Go on. `level` 1 is a reminder, from 2 on it is said with more weight. `delayMs`: where the client can wait. */
  | { readonly kind: "continue"; readonly text: string; readonly level: number; readonly delayMs: number }
  /** Stop. `notice`: a line for the person. */
  | { readonly kind: "allow"; readonly notice?: string }
  /** Do not call this tool. */
  | { readonly kind: "deny"; readonly reason: string }
  /** What the model should know as its session begins, or goes on after a compaction. */
  | { readonly kind: "context"; readonly text: string }

/** Where a client is used, and by whom: what it takes to see whether it runs hooks. */
export interface ClientPlace {
  readonly checkout: string
  /** The person's home folder. */
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; undefined where there is none. */
  readonly read: (path: string) => string | undefined
}

/** `began`: milliseconds since 1970. */
export interface Conversation {
  readonly session: SessionId
  readonly began: number
}

/** `again`: the command that goes on in a conversation, by the client's own id, with what is on its stdin. Or why there is none. */
export type Relaunch =
  | { readonly again: (conversation: string) => ReadonlyArray<string> }
  | { readonly refused: string }

export interface Agent {
  readonly name: string
  /** Whether a payload is a stop, from the payload as it came. Not of one with a `host`: that agent is to be asked. */
  readonly stop?: (payload: JsonObject) => StopSignal | undefined
  /** The conversation of a payload that tells that it waits for a person, in the hook that can wake it. */
  readonly idle?: (payload: JsonObject) => StopSignal | undefined
  /** What starts it again in a conversation, where this command starts a process of it that ends with one turn; else undefined. */
  readonly relaunch?: (command: ReadonlyArray<string>) => Relaunch | undefined
  /** Its hooks tell of each turn as it begins, so that one that does not begin is known. */
  readonly tellsTurns?: boolean
  /** The conversation of a payload that tells of its going on with its memory shortened, in the hook that can remind it. */
  readonly forgot?: (payload: JsonObject) => SessionId | undefined
  /**
   * What its hook prints for an answer to a payload: one JSON object in the client's own strict form, or "" where it has no
   * words for it, as for a continuation of what is no stop.
   */
  readonly answer?: (payload: JsonObject, answer: Answer) => string
  /** Whether a process with this environment was started by the agent's own shell. */
  readonly caller?: (environment: Readonly<Record<string, string | undefined>>) => Caller | undefined
  /** The name of the agent that a payload is really of, when another client ran the hooks of this one. */
  readonly host?: (payload: JsonObject) => string | undefined
  /** The folder that a payload is about. Left out: its field `cwd` says it. */
  readonly folder?: (payload: JsonObject) => string | undefined
  /** The file changes in a payload, from the payload as it came. */
  readonly edits: (payload: JsonObject, context: Pick<ReadContext, "live">) => ReadonlyArray<Edit>
  /** The files that it says somebody else than an agent changed, from the payload as it came. */
  readonly observed?: (payload: JsonObject, context: Pick<ReadContext, "live">) => ReadonlyArray<Observed>
  /** Whether a payload is the start or the end of a call that may change files. */
  readonly window: (payload: JsonObject) => CallWindow | undefined
  /** Of the conversations that began in a checkout since then, the last one at work, by what the client keeps without any hook. */
  readonly lastConversation?: (place: ClientPlace, since: number) => Conversation | undefined
  /** Everything else, from the payload after redaction. */
  readonly read: (payload: JsonObject, context: ReadContext) => Effect.Effect<Reading, PayloadRefused>
  /** The fields that hold what a person typed, which `capture.prompts` governs: names, with "." into objects. */
  readonly promptFields: ReadonlyArray<string>
  /** Left out: Nexus installs no hooks for it; its payloads are piped to `nexus hook`. */
  readonly settings?: AgentSettings
  /** How a person's use of it shows on a machine. */
  readonly signs?: AgentSigns
}

export interface AgentSigns {
  /** Programs that it is started by. */
  readonly commands: ReadonlyArray<string>
  /** Folders of its settings, relative to a checkout or to the person's home folder. */
  readonly folders: ReadonlyArray<string>
}

/** An agent whose hooks Nexus can install. */
export interface InstallableAgent extends Agent {
  readonly settings: AgentSettings
  readonly signs: AgentSigns
}

export const isInstallable = (agent: Agent): agent is InstallableAgent =>
  agent.settings !== undefined && agent.signs !== undefined

/** The settings file of an agent could not be understood, so it was left as it is. */
export class SettingsRefused extends Schema.TaggedError<SettingsRefused>()("SettingsRefused", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} was left as it is: ${this.reason}`
  }
}

/** What hooks are to run. */
export interface HookTarget {
  /** The script that hooks run where there is a POSIX shell. */
  readonly script: string
  /** What hooks run elsewhere: Node, the program, and the home that it records into. */
  readonly node: string
  readonly nexus: string
  readonly home: string
  readonly platform: string
  /** How often a stop may be answered with a continuation before a person speaks. Default: `defaultLimits.sinceHuman`. */
  readonly continuations?: number
  /** The text of a file in this package's `integrations/`; null where it has none of that name. */
  readonly packaged: (path: string) => string | null
}

/** What is made beside a settings file when Nexus makes its folder. Relative to that folder; without text, it is a folder. */
export interface Seed {
  readonly path: string
  readonly text?: string
}

/** How hooks are registered in an agent's settings file. Pure functions over its text. */
export interface AgentSettings {
  /** Relative to the checkout. */
  readonly file: (scope: "local" | "shared") => string
  readonly install: (
    text: string | null,
    target: HookTarget,
    scope: "local" | "shared"
  ) => Either.Either<{ readonly text: string; readonly changed: boolean }, { readonly message: string }>
  /** `text` null: nothing but our hooks was in the file. */
  readonly uninstall: (
    text: string
  ) => Either.Either<{ readonly text: string | null; readonly changed: boolean }, { readonly message: string }>
  /** Files in `integrations/` that its hooks are made from. */
  readonly needs?: ReadonlyArray<string>
  /** What its folder has to hold beside the file, where Nexus makes that folder: the first one of the path of `file`. */
  readonly seeds?: ReadonlyArray<Seed>
  /** What a person has to do before the client runs the hooks. */
  readonly nextStep?: string
  /** What of the client's other settings, or of the environment, keeps it from running these hooks: a clause; undefined for nothing. */
  readonly silenced?: (place: ClientPlace) => string | undefined
  /** By what a person may have started the client past its hooks. */
  readonly bypass?: string
  /** Whether the hooks in this text are those that this Nexus would install. */
  readonly isCurrent: (text: string, target: HookTarget, scope: "local" | "shared") => boolean
  /** Whether the person switched all hooks off in this text. */
  readonly isDisabled: (text: string) => boolean
  /** The shell commands that the client runs for a payload, by its own rules, with the hooks in this text. */
  readonly commandsFor: (text: string, payload: JsonObject) => ReadonlyArray<string>
}
