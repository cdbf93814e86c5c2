// Gives this machine what the tests of workspaces need: a Docker engine, the base image, OpenSSH, both versions of Compose. By hand: npm run provision.
// The tests call it themselves. Only as root on Debian, and only under CI=true or by hand, does it install or start anything;
// elsewhere it says what is missing.
import { spawn, spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { setTimeout as after } from "node:timers/promises"

const socket = "/var/run/docker.sock"
const base = "nexus-base:1"
const recipe = join(import.meta.dirname, "../integrations/workspace-image/make-base.sh")
const cache = process.env.NEXUS_TEST_CACHE ?? "/var/cache/nexus-tests"

/** Programs that must be there, and Debian's packages that have them. */
const wanted = {
  dockerd: "docker.io",
  docker: "docker.io",
  "docker-init": "tini",
  iptables: "iptables",
  debootstrap: "debootstrap",
  "docker-compose": "docker-compose",
  sshd: "openssh-server",
  ssh: "openssh-client",
  zstd: "zstd",
  git: "git"
}

const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/usr/libexec/docker"]
const has = (program) => folders.some((folder) => existsSync(join(folder, program)))
const missing = () => Object.keys(wanted).filter((program) => !has(program))

/** Whether an engine answers, within a second. */
const answers = () =>
  new Promise((done) => {
    const asked = request({ socketPath: socket, path: "/_ping", timeout: 1000 }, (response) => {
      response.resume()
      done(response.statusCode === 200)
    })
    asked.once("timeout", () => asked.destroy())
    asked.once("error", () => done(false))
    asked.end()
  })

const run = (command, args, env = {}, cwd) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: folders.join(":"), ...env },
    maxBuffer: 64 * 2 ** 20,
    cwd
  })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? `${stdout}${stderr}`.slice(-2000)}`)
}

const isDebian = () => existsSync("/etc/debian_version")
const mayInstall = () => process.getuid?.() === 0 && isDebian()

const install = (packages) => {
  const options = ["-o", "DPkg::Lock::Timeout=300", "--yes", "--no-install-recommends"]
  const quietly = { DEBIAN_FRONTEND: "noninteractive" }
  try {
    run("apt-get", ["install", ...options, ...packages], quietly)
  } catch {
    // The lists may be older than the mirror.
    run("apt-get", ["update"])
    run("apt-get", ["install", ...options, ...packages], quietly)
  }
}

/**
 * Version 2 of Compose, which Debian has from its version 13 on only: one program that needs nothing else. It is fetched by apt, with
 * lists of its own, and kept in the cache.
 */
const plugin = "docker/cli-plugins/docker-compose"
const pluginFolders = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"]
const hasPlugin = () => pluginFolders.some((folder) => existsSync(join(folder, plugin)))

const installPlugin = () => {
  const folder = join(cache, "compose")
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const packed = () => readdirSync(folder).find((name) => name.endsWith(".deb"))
  if (packed() === undefined) {
    const lists = join(folder, "apt")
    mkdirSync(join(lists, "lists/partial"), { recursive: true })
    mkdirSync(join(lists, "cache/archives/partial"), { recursive: true })
    const keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    writeFileSync(join(lists, "sources.list"), `deb [signed-by=${keys}] http://deb.debian.org/debian trixie main\n`)
    const options = [
      `Dir::Etc::SourceList=${lists}/sources.list`,
      "Dir::Etc::SourceParts=-",
      `Dir::State::Lists=${lists}/lists`,
      `Dir::Cache=${lists}/cache`,
      "Acquire::Languages=none",
      "APT::Sandbox::User=root"
    ].flatMap((option) => ["-o", option])
    run("apt-get", [...options, "update"])
    run("apt-get", [...options, "download", "docker-compose"], {}, folder)
    rmSync(lists, { recursive: true, force: true })
  }
  const open = join(folder, "open")
  rmSync(open, { recursive: true, force: true })
  run("dpkg-deb", ["--extract", join(folder, packed() ?? ""), open])
  mkdirSync(join("/usr/libexec", plugin, ".."), { recursive: true })
  copyFileSync(join(open, "usr/libexec", plugin), join("/usr/libexec", plugin))
  rmSync(open, { recursive: true, force: true })
}

/** Starts the engine; it lives on when this process ends. */
const startEngine = async () => {
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const log = join(cache, "dockerd.log")
  const output = openSync(log, "a")
  const child = spawn("dockerd", ["--host", `unix://${socket}`], {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, PATH: folders.join(":") }
  })
  let ended
  child.once("error", (cause) => (ended = cause.message))
  child.once("exit", (code) => (ended = `it ended with ${code}`))
  child.unref()
  for (let tries = 0; tries < 300; tries++) {
    if (await answers()) return child.pid
    if (ended !== undefined) break
    await after(100)
  }
  throw new Error(
    `dockerd does not start: ${ended ?? "no answer for 30 s"}\n${readFileSync(log, "utf8").split("\n").slice(-15).join("\n")}`
  )
}

const hasBase = () => spawnSync("docker", ["image", "inspect", base], { stdio: "ignore" }).status === 0

/**
 * What this machine lacks, in words; undefined when everything is there. Under CI=true, or when `installs` is set, it gets what it
 * can first. `stop` ends the engine, if it was started here.
 *
 * @param {{ installs?: boolean, say?: (words: string) => void }} [options]
 * @returns {Promise<{ lacks: string | undefined, stop: () => Promise<void> }>}
 */
export const provision = async ({ installs = process.env.CI === "true", say = () => undefined } = {}) => {
  const started = performance.now()
  const step = async (words, action) => {
    const from = performance.now()
    const result = await action()
    say(`${words}: ${((performance.now() - from) / 1000).toFixed(1)} s`)
    return result
  }
  let pid
  const stop = async () => {
    if (pid === undefined) return
    process.kill(pid, "SIGTERM")
    for (let tries = 0; tries < 200 && (await answers()); tries++) await after(100)
  }
  const lacks = (words) => ({ lacks: `${words}. On Debian, as root: npm run provision`, stop })
  const gone = missing()
  if (gone.length > 0) {
    if (!installs || !mayInstall()) return lacks(`The tests of workspaces need ${gone.join(", ")}`)
    await step(`installed for ${gone.join(", ")}`, () => install([...new Set(gone.map((program) => wanted[program]))]))
  }
  if (!hasPlugin()) {
    if (!installs || !mayInstall()) return lacks("The tests of workspaces need docker compose, version 2")
    await step("installed docker compose", installPlugin)
  }
  if (!(await answers())) {
    if (!installs || !mayInstall()) return lacks("The tests of workspaces need a Docker engine that answers")
    pid = await step("started dockerd", startEngine)
  }
  if (!hasBase()) {
    if (!installs || !mayInstall()) return lacks(`The tests of workspaces need the image ${base}`)
    await step(`made ${base}`, () => run(recipe, [join(cache, "nexus-base-1.tar.zst")]))
  }
  say(`everything is there (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return { lacks: undefined, stop }
}

if (process.argv[1] === import.meta.filename) {
  const { lacks } = await provision({ installs: true, say: (words) => console.log(words) })
  if (lacks !== undefined) {
    console.error(lacks)
    process.exitCode = 1
  }
}
