/** The shell, through Node. */
import { spawnSync } from "node:child_process"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Shell } from "../../app/ports/Shell.ts"

export const layer = Layer.succeed(Shell, {
  runHook: (command, { cwd, payload }) =>
    Effect.sync(() => {
      const { status, stderr } = spawnSync("/bin/sh", ["-c", command], { cwd, input: payload, encoding: "utf8" })
      return { exit: status ?? 1, stderr }
    }),
  scratchGit: (folder, args) =>
    Effect.sync(() => {
      // Nobody's identity, hooks or templates: the repository is thrown away.
      const nobody = [
        "-c",
        "user.name=demo",
        "-c",
        "user.email=demo@localhost",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.hooksPath=/dev/null"
      ]
      const { status, stderr, error } = spawnSync("git", [...nobody, ...args], { cwd: folder, encoding: "utf8" })
      if (error !== undefined) throw error
      if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.trim()}`)
    })
})
