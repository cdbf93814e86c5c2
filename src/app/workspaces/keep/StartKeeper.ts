/** Has a process of its own look after workspaces, unless one does. Whoever starts it neither waits for it nor fails with it. */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { loadSafely } from "../../Config.ts"
import { Nexus } from "../../Nexus.ts"
import { isKept } from "./KeeperLock.ts"

export const startKeeper = ({ repository }: Pick<Workspace, "repository">) =>
  Effect.flatMap(Nexus, ({ home, program, itself }) =>
    Effect.ignore(
      Effect.try(() => {
        // The keeper itself, and what it does, need no other one.
        if (itself === true || !existsSync(program.nexus)) return
        if (!loadSafely(home.config, repository).workspace.keeper || isKept(home)) return
        const args = ["--max-semi-space-size=1", program.nexus, "--home", home.path, "workspace", "keep"]
        const child = spawn(program.node, args, { cwd: home.path, detached: true, stdio: "ignore" })
        child.once("error", () => undefined)
        child.unref()
      })
    )
  )
