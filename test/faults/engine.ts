/** What a real engine has of a log, told by its own command; and a way to it that can be cut. */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { expect } from "vitest"

const socket = "/var/run/docker.sock"

const ids = (...args: ReadonlyArray<string>): ReadonlyArray<string> =>
  execFileSync("docker", args, { encoding: "utf8" }).split("\n").filter(Boolean)

/** The containers of a log's workspaces. There is one network for each, and no helper or image is left. */
export const inEngine = (log: string): ReadonlyArray<{ readonly workspace: string; readonly state: string }> => {
  const label = `label=nexus.log=${log}`
  const containers = ids(
    "ps",
    "-a",
    "--no-trunc",
    "--filter",
    label,
    "--format",
    '{{.Label "nexus.workspace"}} {{.State}}'
  )
  expect(ids("network", "ls", "-q", "--filter", label)).toHaveLength(containers.length)
  expect(ids("volume", "ls", "-q", "--filter", label)).toEqual([])
  expect(ids("image", "ls", "-q", "--filter", label)).toEqual([])
  return containers.map((line) => {
    const [workspace = "", state = ""] = line.split(" ")
    return { workspace, state }
  })
}

/** A socket at `path` that leads to the engine, until it is cut. */
export const wayToEngine = async (path: string) => {
  let left = Number.POSITIVE_INFINITY
  let manner: "cut" | "silent" = "cut"
  let refused = 0
  const open = new Set<Socket>()
  const server = createServer((client) => {
    open.add(client)
    client.on("error", () => undefined).on("close", () => open.delete(client))
    if (left-- <= 0) {
      refused += 1
      if (manner === "cut") client.destroy()
      return
    }
    const engine = connect(socket)
    open.add(engine)
    engine.on("error", () => client.destroy()).on("close", () => open.delete(engine))
    client.pipe(engine)
    engine.pipe(client)
    client.on("close", () => engine.destroy())
  })
  rmSync(path, { force: true })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    /** After so many more exchanges no other gets through: it is refused, or never answered. */
    after: (exchanges: number, how: typeof manner = "cut") => {
      left = exchanges
      manner = how
      refused = 0
    },
    whole: () => {
      left = Number.POSITIVE_INFINITY
    },
    /** How many did not get through since `after`. */
    refused: () => refused,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const one of open) one.destroy()
        server.close(() => resolve())
      })
  }
}
