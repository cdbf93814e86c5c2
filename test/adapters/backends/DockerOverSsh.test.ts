/** An engine that is reached by SSH: a real sshd, this machine's own ssh, and whom that knows. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend, dockerBackendNamed } from "../../../src/adapters/docker/DockerBackend.ts"
import { isOtherMachine } from "../../../src/adapters/docker/Engine.ts"
import { sshArguments } from "../../../src/adapters/docker/OverSsh.ts"
import { makeKeyFile, serve, type Server } from "../ssh/sshd.ts"

let server: Server
let folder: string
const path = process.env["PATH"] ?? ""

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nexus-over-ssh-"))
  server = await serve([makeKeyFile(join(folder, "key"))])
  // In place of the configuration that ssh would find in the user's home.
  const client = [`IdentityFile ${folder}/key`, "IdentitiesOnly yes", `UserKnownHostsFile ${folder}/known_hosts`]
  writeFileSync(join(folder, "ssh_config"), `${client.join("\n")}\n`)
  mkdirSync(join(folder, "bin"))
  const ssh = `#!/bin/sh\nexec /usr/bin/ssh -F '${folder}/ssh_config' "$@"\n`
  writeFileSync(join(folder, "bin/ssh"), ssh, { mode: 0o755 })
  process.env["PATH"] = `${folder}/bin${delimiter}${path}`
})
afterAll(async () => {
  process.env["PATH"] = path
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const engine = () => dockerBackend("log", undefined, {}, `ssh://${server.user}@127.0.0.1:${server.port}`)
const refused = () => Effect.runPromise(Effect.flip(engine().present))
const know = (): void => {
  const [type = "", key = ""] = server.hostKey.split(" ")
  writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${server.port} ${type} ${key}\n`)
}

describe("an engine over SSH", () => {
  it("answers when the machine is known, and is refused when it is not, or is another one than it was", async () => {
    expect((await refused()).message).toContain("Host key verification failed")
    know()
    expect((await Effect.runPromise(engine().probe)).version).toMatch(/^\d+\.\d+/)
    expect(await Effect.runPromise(engine().list)).toEqual([])
    const before = server.hostKey
    await server.changeHostKey()
    expect(server.hostKey).not.toBe(before)
    const [type = "", key = ""] = before.split(" ")
    writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${server.port} ${type} ${key}\n`)
    expect((await refused()).message).toMatch(/Host key verification failed|IDENTIFICATION HAS CHANGED/)
  })
})

describe("where an engine is", () => {
  it.each([
    ["", false],
    ["unix:///var/run/docker.sock", false],
    ["tcp://127.0.0.1:2375", false],
    ["tcp://localhost:2375", false],
    ["tcp://[::1]:2375", false],
    ["tcp://10.0.0.2:2376", true],
    ["https://build.example.org:2376", true],
    ["ssh://localhost", true],
    ["ssh://me@big-machine", true],
    ["no address", false]
  ])("is told by its address: %s", (host, isOther) => {
    expect(isOtherMachine(host)).toBe(isOther)
    expect(dockerBackendNamed("log", `docker@${host}`)?.name).toBe(isOther ? `docker@${host}` : undefined)
  })

  it("gives ssh no option and no shell in place of a machine", () => {
    const place = ["--", "me@big", "docker", "system", "dial-stdio"]
    expect(sshArguments("ssh://me@big:2222")?.slice(-7)).toEqual(["-p", "2222", ...place])
    expect(sshArguments("ssh://-oProxyCommand=evil/")).toBeUndefined()
    expect(sshArguments("ssh://-l@big")).toBeUndefined()
    expect(sshArguments("tcp://big:2375")).toBeUndefined()
  })
})
