/** What OpenSSH's client, and the editors that use it, must be told to reach workspaces. */
import { mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import { Ssh, SshFilesUnusable } from "../ports/Ssh.ts"
import { replaceFile } from "../ReplaceFile.ts"
import { asleepFile } from "./Asleep.ts"
import { backendNamed, find, list } from "./Find.ts"
import { destinationOf } from "./Reach.ts"

export interface Block {
  readonly name: string
  readonly alias: string
  readonly folder: string
  readonly text: string
}

/** The block of one. Fails with WorkspaceRefused where no SSH leads to it. */
export const blockOf = (workspace: Workspace) =>
  Effect.gen(function* () {
    const backend = yield* backendNamed(workspace.spec.backend)
    const destination = yield* destinationOf(workspace, backend)
    const { home, program } = yield* Nexus
    const command = [program.node, program.nexus, "--home", home.path, "workspace", "start", workspace.id]
    const wake = { file: asleepFile(home.workspaces, workspace), command }
    const text = yield* (yield* Ssh).config(destination, { wake })
    return { name: workspace.name, alias: destination.alias, folder: workspace.folder, text } satisfies Block
  })

/** Of one, or of all of this project; of those that have none, why. */
export const blocks = (name: string | undefined, everywhere: boolean) =>
  Effect.gen(function* () {
    if (name !== undefined) return { blocks: [yield* blockOf((yield* find(name)).workspace)], without: [] }
    const found: Array<Block> = []
    const without: Array<{ readonly name: string; readonly why: string }> = []
    for (const { workspace } of yield* list(everywhere)) {
      const block = yield* Effect.either(blockOf(workspace))
      if (block._tag === "Right") found.push(block.right)
      else without.push({ name: workspace.name, why: block.left.message })
    }
    return { blocks: found, without }
  })

/** Writes the blocks of all projects into a file of ours, which the user's own configuration can include. */
export const install = Effect.gen(function* () {
  const { home } = yield* Nexus
  const file = join(home.path, "ssh", "config")
  const { blocks: all, without } = yield* blocks(undefined, true)
  yield* Effect.try({
    try: () => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      const head = "# Made by nexus workspace ssh-config --install: it is written anew, so change nothing here.\n"
      replaceFile(file, [head, ...all.map(({ text }) => text)].join("\n"), 0o600)
    },
    catch: (cause) =>
      new SshFilesUnusable({ path: file, reason: cause instanceof Error ? cause.message : String(cause) })
  })
  return { file, include: includeOf(file), blocks: all, without }
})

/** ssh_config(5): a pattern, so what would be a wildcard is escaped by quoting only where it has to be. */
const includeOf = (file: string): string => `Include ${/[\s"]/.test(file) ? `"${file.replaceAll('"', '\\"')}"` : file}`
