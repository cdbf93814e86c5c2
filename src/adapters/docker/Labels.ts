/** How this Nexus finds what it made in an engine: by labels alone, never by a name. */
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"

export const labels = {
  /** Which log it belongs to. */
  log: "nexus.log",
  workspace: "nexus.workspace",
  /** The step that made it. */
  step: "nexus.step",
  /** Of a container that lives for one exchange only: whose it is. */
  helper: "nexus.helper",
  /** Where the worktree is inside. */
  folder: "nexus.folder",
  /** `UID:GID` of the worktree's files. */
  owner: "nexus.owner",
  /** The account of the image that commands get name, home and shell of; empty for none. */
  account: "nexus.account",
  /** Publications, as JSON. */
  ports: "nexus.ports",
  /** Of a service of the project's beside the workspace: what the project calls it. */
  companion: "nexus.companion",
  /** Of a workspace with such services: the file that has what is kept of them. */
  plan: "nexus.plan",
  /** Of a volume: what the user calls it. */
  volume: "nexus.volume",
  /** Of a container: its volumes and where they are inside, as JSON. */
  volumes: "nexus.volumes",
  /** Of a container that sees no folder of the host: where those are that its own stand for, as JSON. */
  apart: "nexus.apart"
} as const

/** The filters that find a workspace's things: all of them; its own container; those of services beside it. */
export const ofWorkspace = (log: string, workspace: WorkspaceId): { readonly label: Array<string> } => ({
  label: [`${labels.log}=${log}`, `${labels.workspace}=${workspace}`]
})

export const containerOf = (log: string, workspace: WorkspaceId): { readonly label: Array<string> } => ({
  label: [...ofWorkspace(log, workspace).label, labels.step]
})

export const companionsOf = (log: string, workspace: WorkspaceId): { readonly label: Array<string> } => ({
  label: [...ofWorkspace(log, workspace).label, labels.companion]
})

export const helpersOf = (log: string, workspace: WorkspaceId): { readonly label: Array<string> } => ({
  label: [`${labels.log}=${log}`, `${labels.helper}=${workspace}`]
})

/** Of all of a log's workspaces. */
export const ofLog = (log: string): { readonly label: Array<string> } => ({
  label: [`${labels.log}=${log}`, labels.workspace]
})

/** The name of a workspace's network, and the beginning of the names of its volumes. */
export const nameOf = (workspace: WorkspaceId): string => `nexus-${workspace.slice("ws_".length)}`
