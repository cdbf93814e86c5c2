import { once } from "node:events"
import { createSocket } from "node:dgram"
import { type AddressInfo, connect, createServer } from "node:net"
import * as Effect from "effect/Effect"
import { afterEach, describe, expect, it } from "vitest"
import { busyPorts, isFree } from "../../../src/app/workspaces/FreePorts.ts"
import { allocate } from "../../../src/domain/workspace/Ports.ts"
import { onLog } from "../../support/log.ts"

const closing: Array<() => unknown> = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const listen = async (port = 0, host = "127.0.0.1"): Promise<number> => {
  const server = createServer().listen(port, host)
  closing.push(() => server.close())
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

const free = (port: number, protocol: "tcp" | "udp" = "tcp") => Effect.runPromise(isFree(port, protocol))

describe("a port of this machine", () => {
  it("is not free while a program listens on it, on loopback or everywhere", async () => {
    const port = await listen()
    expect(await free(port)).toBe(false)
    expect(await free(port, "udp")).toBe(true)
    expect(await free(await listen(0, "0.0.0.0"))).toBe(false)
    expect(await free(await listen(0, "::"))).toBe(false)
  })

  it("is not free while a connection goes out from it", async () => {
    const socket = connect(await listen(), "127.0.0.1")
    closing.push(() => socket.destroy())
    await once(socket, "connect")
    expect(await free(socket.localPort ?? 0)).toBe(false)
  })

  it("is free again afterwards, and having tried it leaves nothing behind", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, "close")
    expect(await free(port)).toBe(true)
    expect(await free(port)).toBe(true)
    expect(await listen(port)).toBe(port)
  })

  it("of UDP is not free while something is bound to it", async () => {
    const socket = createSocket("udp4")
    closing.push(() => socket.close())
    socket.bind(0, "127.0.0.1")
    await once(socket, "listening")
    expect(await free(socket.address().port, "udp")).toBe(false)
  })
})

describe("ports that are held by something the log does not know of", () => {
  it("are passed over, one after the other", async () => {
    const services = [
      { name: "a", port: 1, protocol: "tcp" as const },
      { name: "b", port: 2, protocol: "tcp" as const }
    ]
    await onLog(
      Effect.gen(function* () {
        const before = yield* busyPorts(services)
        const [first, second] = allocate(before, services) ?? []
        yield* Effect.promise(async () => {
          for (const one of [first, second]) await listen(one?.hostPort)
        })
        const after = yield* busyPorts(services)
        expect([...after]).toEqual(expect.arrayContaining([first?.hostPort, second?.hostPort]))
        for (const { hostPort } of allocate(after, services) ?? []) expect(yield* isFree(hostPort, "tcp")).toBe(true)
      })
    )
  })
})
