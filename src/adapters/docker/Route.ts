/** How an SSH client reaches a container. */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import * as Effect from "effect/Effect"
import type { BackendFailure, Access } from "../../app/ports/Backend.ts"
import type { Found } from "./Containers.ts"
import { asking, type Engine, limits } from "./Engine.ts"

/** Whoever owns the worktree is called so inside: see the script `setup`. */
const user = "nexus"

/** By its published port; without one through the engine, which needs no network at all. */
export const route = (engine: Engine, found: Found): Effect.Effect<Access, BackendFailure> =>
  Effect.gen(function* () {
    // A port of another machine's is none of this one's.
    const published = engine.elsewhere === undefined ? found.ports.find(({ service }) => service === "ssh") : undefined
    // A port leads there whether or not it is started first; without one, something has to run there.
    if (found.state !== "running" && (found.state !== "stopped" || published === undefined))
      return { kind: "none", reason: `The workspace is ${found.state}.` } as const
    const server = yield* sshServer(engine, found.id)
    if (server === undefined) {
      const reason = "Its image has no OpenSSH server. Commands can be run by nexus workspace exec."
      return { kind: "none", reason } as const
    }
    if (published !== undefined) {
      return { kind: "tcp", host: published.host, port: published.hostPort, user } as const
    }
    const client = programOf("docker")
    if (client === undefined) {
      const reason =
        "It has no published port for SSH, and the program docker, which could reach it without, is not installed."
      return { kind: "none", reason } as const
    }
    const at = engine.elsewhere === undefined ? [] : ["--host", engine.elsewhere]
    const command = [
      client,
      ...at,
      "exec",
      "-i",
      "-u",
      "0:0",
      found.id,
      server,
      "-i",
      "-f",
      "/.nexus/sshd_config"
    ] as const
    return { kind: "command", command, user } as const
  })

const sshServer = (engine: Engine, id: string) =>
  Effect.findFirst(["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"], (path) =>
    engine
      .call("look for an SSH server", limits.ask, (docker, abortSignal) =>
        docker.getContainer(id).infoArchive(asking({ path }, abortSignal))
      )
      .pipe(
        Effect.as(true),
        Effect.catchTag("BackendFailed", ({ kind }) => Effect.succeed(kind !== "gone"))
      )
  ).pipe(Effect.map((found) => (found._tag === "Some" ? found.value : undefined)))

const programOf = (name: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
