/** Branded ids, and the names of streams that are made from them. */
import * as Schema from "effect/Schema"
import { sessionForm } from "./SessionName.ts"

/** A project: 16 hex digits of SHA-256 over what it was first recognised by. See `Project.mintProjectId`. */
export const ProjectId = Schema.String.pipe(Schema.pattern(/^prj_[0-9a-f]{16}$/), Schema.brand("ProjectId"))
export type ProjectId = typeof ProjectId.Type

/** A session: the client's name and the client's own id of the conversation, `claude:601ddb06-…`. */
export const SessionId = Schema.String.pipe(Schema.pattern(sessionForm), Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** The agent's own id of the session, without the client's name. */
export const agentSession = (id: SessionId): string => id.slice(id.indexOf(":") + 1)

/** The client's name. */
export const clientOf = (id: SessionId): string => id.slice(0, id.indexOf(":"))

/** The SHA-256 of some content, in hex. */
export const ContentHash = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/), Schema.brand("ContentHash"))
export type ContentHash = typeof ContentHash.Type

export const sessionStream = (id: SessionId): string => `session/${id}`
export const projectStream = (id: ProjectId): string => `project/${id}`
/** What is read from the project's repository. */
export const repositoryStream = (id: ProjectId): string => `repository/${id}`
/** What is seen of files, of which no session tells. */
export const filesStream = (id: ProjectId | undefined): string => `files/${id ?? "elsewhere"}`
/** What is to be done in a project. */
export const tasksStream = (id: ProjectId): string => `tasks/${id}`
/** Which runs hold agents to a project's tasks, and what was decided at each of their stops. */
export const boulderStream = (id: ProjectId): string => `boulder/${id}`
/** What was checked in a project. */
export const gatesStream = (id: ProjectId): string => `gates/${id}`
export const deviceStream = (device: string): string => `device/${device}`
