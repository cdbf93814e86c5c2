/** What a backend is told to make: the workspace as the log has it, with everything that it refers to looked up. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { StepId } from "../../domain/workspace/Ids.ts"
import { expanded } from "../../domain/workspace/References.ts"
import type { Variable } from "../../domain/workspace/Spec.ts"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import type { Home } from "../../events/Home.ts"
import type { Backend, EnvironmentDelta, Mount, Order } from "../ports/Backend.ts"
import { ofImage } from "../ports/ImageVariable.ts"
import { Ssh } from "../ports/Ssh.ts"
import { type Site, Worktrees } from "../ports/Worktrees.ts"
import { record } from "./Operate.ts"
import { portVariables } from "./PortVariables.ts"
import { snapshotOf } from "./template/Snapshot.ts"
import { aliasOf } from "./Reach.ts"

/** By this file the hook script knows that it runs inside of a workspace, where nobody answers it. */
export const insideMark = ".inside"

/** Where what agents inside of a workspace deliver is waiting; `own`: the workspace's folder of ours. */
export const spoolOf = (own: string): string => join(own, "spool", "new")

/** The folder of ours for what belongs to one workspace. */
export const folderOf = (workspaces: string, { id }: Pick<Workspace, "id">): string => join(workspaces, id)

export const siteOf = (workspaces: string, workspace: Workspace, backend: Pick<Backend, "isolates">): Site => ({
  repository: workspace.repository,
  folder: workspace.folder,
  branch: workspace.branch,
  workspace: workspace.id,
  name: workspace.name,
  gitDirectory: backend.isolates ? join(folderOf(workspaces, workspace), "git") : undefined,
  isApart: workspace.spec.sync !== undefined
})

/**
 * The worktree is seen inside where it is outside: what agents tell of files in there is then true out here, and so are the paths in
 * git's own files.
 */
export const orderFor = (workspace: Workspace, backend: Backend, step: StepId, environment?: EnvironmentDelta) =>
  Effect.gen(function* () {
    const { home, person } = yield* Nexus
    const worktrees = yield* Worktrees
    const ssh = yield* Ssh
    const { folder, id, name, spec } = workspace
    const own = folderOf(home.workspaces, workspace)
    const hostKey = yield* hostKeyOf(workspace, backend)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    const { uid, gid } = statSync(folder)
    const agent = process.env["SSH_AUTH_SOCK"]
    const keys = backend.isolates
      ? yield* ssh.userKeys({ home: person.home, ...(agent === undefined ? {} : { agent }) })
      : []
    return {
      workspace: id,
      step,
      name,
      spec,
      folder,
      own,
      inside: folder,
      mounts: [
        { from: folder, to: folder, writable: true },
        ...(yield* worktrees.mounts(siteOf(home.workspaces, workspace, backend), folder)),
        ...(backend.isolates ? spoolMounts(home, own) : [])
      ],
      ports: workspace.ports,
      authorizedKeys: backend.isolates
        ? [...new Set([(yield* ssh.identity).publicKey, ...keys.map(({ publicKey }) => publicKey)])]
        : [],
      hostKey,
      owner: { uid, gid },
      ...(spec.template === undefined ? {} : { template: snapshotOf(home.templates, spec.template.digest) }),
      ...(environment === undefined ? {} : { environment })
    } satisfies Order
  })

/**
 * Agents' hooks inside write to a spool of this workspace alone, where they would write to this device's; from there it is recorded.
 * They see no more of it than the folder of what was delivered: a folder that they could put a link in the place of would lead what is
 * done out here to wherever that leads.
 */
const spoolMounts = (home: Home, own: string): ReadonlyArray<Mount> => {
  const delivered = spoolOf(own)
  mkdirSync(delivered, { recursive: true, mode: 0o700 })
  try {
    // Not over what is there, which may be anything.
    writeFileSync(join(delivered, insideMark), "", { mode: 0o600, flag: "wx" })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause
  }
  mkdirSync(dirname(home.hookScript), { recursive: true, mode: 0o700 })
  return [
    { from: delivered, to: join(home.spool, "new"), writable: true },
    { from: dirname(home.hookScript), to: dirname(home.hookScript), writable: false }
  ]
}

/**
 * The private half stays in the workspace's folder of ours; the log has the public one. Made where it is missing; "" where no SSH
 * leads in.
 */
export const hostKeyOf = (workspace: Workspace, backend: Pick<Backend, "isolates">) =>
  Effect.gen(function* () {
    if (!backend.isolates) return ""
    const own = folderOf((yield* Nexus).home.workspaces, workspace)
    const file = join(own, "ssh_host_ed25519_key")
    if (workspace.hostKey !== null && existsSync(file)) return readFileSync(file, "utf8")
    const { privateKey, publicKey, fingerprint } = yield* (yield* Ssh).makeKey(`nexus-${workspace.name}`)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    writeFileSync(file, privateKey, { mode: 0o600 })
    yield* (yield* Ssh).know(yield* aliasOf(workspace), publicKey)
    yield* record(workspace.id, () => [
      { type: "WorkspaceHostKeyMade", payload: { workspace: workspace.id, publicKey, fingerprint } }
    ])
    return privateKey
  })

/** What its programs find in their environment, references resolved. */
export const variablesOf = (workspace: Workspace) =>
  Effect.gen(function* () {
    const variables: Record<string, string> = { ...portVariables(workspace) }
    for (const [name, variable] of Object.entries(workspace.spec.variables))
      variables[name] = yield* valueOf(name, variable, workspace)
    return variables
  })

const valueOf = (
  name: string,
  variable: Variable,
  { id, folder }: Workspace
): Effect.Effect<string, WorkspaceRefused> => {
  if ("value" in variable) return Effect.succeed(variable.value)
  if ("text" in variable)
    return Effect.succeed(
      expanded(variable.text, (reference) => {
        if (reference.kind === "outside") return process.env[reference.name] ?? reference.fallback ?? ""
        if (reference.kind === "inside") return ofImage(reference.name, reference.fallback)
        if (reference.kind === "id") return id
        return reference.kind === "folder" ? folder : basename(folder)
      })
    )
  if ("fromEnvironment" in variable) {
    const value = process.env[variable.fromEnvironment] ?? variable.fallback
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
