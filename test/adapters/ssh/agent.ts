/** A real `ssh-agent` with one key, for as long as a test needs it. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { makeKeyFile } from "./sshd.ts"
import { emptyFolder } from "./stage.ts"

export const withAgent = async (): Promise<
  { readonly socket: string; readonly publicKey: string; readonly fingerprint: string } & AsyncDisposable
> => {
  const folder = emptyFolder("agent")
  const socket = join(folder.path, "socket")
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] })
  // It prints where its socket is once it listens.
  await once(child.stdout, "data")
  const publicKey = makeKeyFile(join(folder.path, "key"))
  execFileSync("ssh-add", ["-q", join(folder.path, "key")], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: "ignore"
  })
  const [, fingerprint = ""] = execFileSync("ssh-keygen", ["-l", "-f", join(folder.path, "key")], {
    encoding: "utf8"
  }).split(" ")
  return {
    socket,
    publicKey,
    fingerprint,
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, "exit")
      child.kill()
      await gone
      folder[Symbol.dispose]()
    }
  }
}
