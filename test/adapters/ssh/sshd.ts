/** A real OpenSSH server of a test's own: an ordinary process on a free port of loopback, with its own configuration and host key. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { ensureInstalled } from "../../support/ensureInstalled.ts"

export const program = "/usr/sbin/sshd"

export interface Server {
  readonly port: number
  readonly user: string
  /** The public key that it presents. */
  readonly hostKey: string
  readonly folder: string
  readonly configFile: string
  /** A program whose standard streams are a connection to a server of the same configuration. */
  readonly command: readonly [string, ...ReadonlyArray<string>]
  /** Ends it and all connections. */
  readonly kill: () => Promise<void>
  /** Has it present another key from now on. */
  readonly changeHostKey: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

export const makeKeyFile = (file: string): string => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file])
  return readFileSync(`${file}.pub`, "utf8").trim()
}

/** `authorized`: public keys that may log in. `extra`: further lines of sshd_config(5). */
export const serve = async (authorized: ReadonlyArray<string>, extra: ReadonlyArray<string> = []): Promise<Server> => {
  ensureInstalled(["openssh-server", "openssh-client"])
  // As root it wants the folder of its privilege separation, which a boot would make.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 })
  const folder = mkdtempSync(join(tmpdir(), "nexus-sshd-"))
  const configFile = join(folder, "sshd_config")
  let hostKey = makeKeyFile(join(folder, "host_key"))
  writeFileSync(join(folder, "authorized_keys"), authorized.map((key) => `${key}\n`).join(""))
  writeFileSync(
    configFile,
    [
      `HostKey ${folder}/host_key`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      "PidFile none",
      "StrictModes no",
      "UsePAM no",
      "UseDNS no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "PrintMotd no",
      "PrintLastLog no",
      // Not the real home: what its start files do is none of ours.
      `SetEnv HOME=${folder}`,
      "MaxSessions 100",
      "Subsystem sftp internal-sftp",
      ...extra,
      ""
    ].join("\n")
  )
  let child: ChildProcess
  let port = 0
  const launch = async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      port = await freePort()
      child = spawn(program, ["-D", "-e", "-f", configFile, "-o", `Port ${port}`, "-o", "ListenAddress 127.0.0.1"], {
        stdio: ["ignore", "ignore", "pipe"],
        detached: true
      })
      running.add(child)
      const { stderr } = child
      if (stderr === null) throw new Error("sshd has no stderr")
      // One that said nothing of listening lost the port to somebody else.
      if (await listening(stderr)) return
    }
    throw new Error("sshd does not start")
  }
  const kill = async () => {
    running.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    endConnections(child)
    child.kill("SIGKILL")
    await gone
  }
  await launch()
  return {
    get port() {
      return port
    },
    user: userInfo().username,
    get hostKey() {
      return hostKey
    },
    folder,
    configFile,
    command: [program, "-i", "-f", configFile],
    kill,
    changeHostKey: async () => {
      rmSync(join(folder, "host_key"))
      hostKey = makeKeyFile(join(folder, "host_key"))
      chmodSync(join(folder, "host_key"), 0o600)
      await kill()
      await launch()
    },
    [Symbol.asyncDispose]: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}

const listening = (stderr: NodeJS.ReadableStream): Promise<boolean> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: stderr })
    lines.on("line", (line) => {
      if (line.startsWith("Server listening on")) resolve(true)
    })
    lines.once("close", () => resolve(false))
  })

/** Each connection is served by processes of its own, which outlive the listener: its children and theirs. */
const endConnections = ({ pid }: ChildProcess) => {
  const all = execFileSync("ps", ["-e", "-o", "pid=,ppid=,comm="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
  const below = (parent: string): ReadonlyArray<string> =>
    all
      .filter(([, ppid, name]) => ppid === parent && name === "sshd")
      .flatMap(([child = ""]) => [child, ...below(child)])
  for (const one of below(String(pid))) {
    try {
      process.kill(Number(one), "SIGKILL")
    } catch {
      // It went by itself.
    }
  }
}
