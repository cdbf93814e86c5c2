/** What a backend is told to make: the workspace as the log has it, with everything that it refers to looked up. */
import { mkdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { StepId } from "../../domain/workspace/Ids.ts"
import type { Variable } from "../../domain/workspace/Spec.ts"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import type { Backend, EnvironmentDelta, Order } from "../ports/Backend.ts"
import type { Site } from "../ports/Worktrees.ts"

/** Where a workspace's worktree is seen inside. */
export const insideFolder = "/workspace"

/** The folder of ours for what belongs to one workspace. */
export const folderOf = (workspaces: string, { id }: Pick<Workspace, "id">): string => join(workspaces, id)

export const siteOf = (workspaces: string, workspace: Workspace, backend: Pick<Backend, "isolates">): Site => ({
  repository: workspace.repository,
  folder: workspace.folder,
  branch: workspace.branch,
  workspace: workspace.id,
  name: workspace.name,
  gitDirectory: backend.isolates ? join(folderOf(workspaces, workspace), "git") : undefined
})

/** Fails with WorkspaceRefused for a reference that leads nowhere. */
export const orderFor = (workspace: Workspace, backend: Backend, step: StepId, environment?: EnvironmentDelta) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const own = folderOf(home.workspaces, workspace)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    const { uid, gid } = statSync(workspace.folder)
    const inside = backend.isolates ? insideFolder : workspace.folder
    return {
      workspace: workspace.id,
      step,
      name: workspace.name,
      spec: workspace.spec,
      folder: workspace.folder,
      inside,
      mounts: [{ from: workspace.folder, to: inside, writable: true }],
      ports: workspace.ports.map(({ service, host, hostPort, port, protocol }) => ({
        service,
        host,
        hostPort,
        port,
        protocol
      })),
      variables: yield* variablesOf(workspace),
      authorizedKeys: [],
      hostKey: "",
      owner: { uid, gid },
      ...(environment === undefined ? {} : { environment })
    } satisfies Order
  })

/** What its programs find in their environment, references resolved. */
export const variablesOf = (workspace: Workspace) =>
  Effect.gen(function* () {
    const variables: Record<string, string> = { ...portVariables(workspace) }
    for (const [name, variable] of Object.entries(workspace.spec.variables))
      variables[name] = yield* valueOf(name, variable)
    return variables
  })

const valueOf = (name: string, variable: Variable): Effect.Effect<string, WorkspaceRefused> => {
  if ("value" in variable) return Effect.succeed(variable.value)
  if ("fromEnvironment" in variable) {
    const value = process.env[variable.fromEnvironment]
    return value === undefined
      ? new WorkspaceRefused({
          reason: `The variable ${name} is to come from ${variable.fromEnvironment}, which is not set here.`,
          hint: `Set it: export ${variable.fromEnvironment}=…`
        })
      : Effect.succeed(value)
  }
  return Effect.try({
    try: () => readFileSync(variable.fromFile, "utf8").replace(/\n$/, ""),
    catch: () =>
      new WorkspaceRefused({
        reason: `The variable ${name} is to come from the file ${variable.fromFile}, which cannot be read.`,
        hint: "Check that it is there and yours."
      })
  })
}

/** How programs inside, and scripts outside, learn which port leads where: `NEXUS_PORT_WEB`. */
const portVariables = ({ ports, name, branch }: Workspace): Readonly<Record<string, string>> => ({
  NEXUS_WORKSPACE: name,
  NEXUS_BRANCH: branch,
  ...Object.fromEntries(
    ports.map(({ service, hostPort }) => [
      `NEXUS_PORT_${service.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`,
      String(hostPort)
    ])
  )
})
