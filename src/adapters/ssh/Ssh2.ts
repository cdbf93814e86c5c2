/** The port to SSH by the library ssh2, with what is kept of it in one folder of ours. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  type ConnectOptions,
  type Connection,
  type Destination,
  Ssh,
  SshFailed,
  SshFilesUnusable
} from "../../app/ports/Ssh.ts"
import { reasonOf } from "./Causes.ts"
import { configBlock } from "./ConfigBlock.ts"
import { failure, type Open, openConnection } from "./Connect.ts"
import { execute } from "./Execute.ts"
import { shell } from "./InteractiveShell.ts"
import { identityIn, makeKey, privateKeyIn, userKeys } from "./Keys.ts"
import * as KnownHosts from "./KnownHosts.ts"
import { fingerprintOf, parsePublicKey } from "./PublicKey.ts"
import { openSftp } from "./SftpFiles.ts"

/** `home`: the folder of Nexus; ours is `ssh` in it. */
export const layer = (home: string): Layer.Layer<Ssh> => {
  const folder = join(home, "ssh")
  const identity = identityIn(folder)
  return Layer.succeed(Ssh, {
    identity,
    makeKey,
    fingerprint: (publicKey) =>
      Effect.sync(() => {
        const key = parsePublicKey(publicKey)
        return key === undefined ? undefined : fingerprintOf(key.bytes)
      }),
    userKeys: ({ home, agent }) => userKeys(home, agent),
    know: (alias, publicKey) => KnownHosts.know(folder, alias, publicKey),
    forget: (alias) => KnownHosts.forget(folder, alias),
    known: KnownHosts.known(folder),
    connect: (destination, options = {}) =>
      privateKeyOf(folder, options).pipe(
        Effect.flatMap((privateKey) =>
          Effect.acquireRelease(Effect.interruptible(opened(destination, privateKey, options)), (open) =>
            Effect.sync(open.release)
          )
        ),
        Effect.map(connectionOf)
      ),
    config: (destination, { proxy, forwardAgent = false, wake } = {}) =>
      Effect.gen(function* () {
        const route = proxy === undefined ? destination.route : { kind: "command" as const, command: proxy }
        if (route.kind === "none") return yield* failure(destination.alias, "no-route", route.reason)
        const { file } = yield* identity
        yield* KnownHosts.know(folder, destination.alias, destination.hostKey)
        return configBlock({
          alias: destination.alias,
          route,
          user: destination.user,
          identityFile: file,
          knownHostsFile: KnownHosts.fileOf(folder, destination.alias),
          forwardAgent,
          ...(wake === undefined ? {} : { wake })
        })
      })
  })
}

const privateKeyOf = (folder: string, { identity: file }: ConnectOptions): Effect.Effect<string, SshFilesUnusable> =>
  file === undefined
    ? privateKeyIn(folder)
    : Effect.tryPromise({
        try: () => readFile(file, "utf8"),
        catch: (cause) => new SshFilesUnusable({ path: file, reason: reasonOf(cause) })
      })

const opened = (destination: Destination, privateKey: string, options: ConnectOptions) =>
  Effect.tryPromise({
    try: (interrupted) => openConnection(destination, privateKey, options, interrupted),
    catch: (cause) => (cause instanceof SshFailed ? cause : failure(destination.alias, "failed", reasonOf(cause)))
  })

const connectionOf = (open: Open): Connection => ({
  execute: (execution) => execute(open, execution),
  shell: (options) => shell(open, options),
  sftp: openSftp(open),
  closed: Effect.promise(() => open.closed)
})
