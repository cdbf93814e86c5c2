import { describe, expect, it } from "vitest"
import { namedPorts, targetsOf } from "../../../../src/adapters/docker/compose/Ports.ts"

const tcp = (...ports: ReadonlyArray<number>) => ports.map((port) => ({ port, protocol: "tcp" }))
const udp = (...ports: ReadonlyArray<number>) => ports.map((port) => ({ port, protocol: "udp" }))

describe("the ports that a compose file publishes", () => {
  it.each([
    ["one inside alone", ["3000", 3001], tcp(3000, 3001)],
    ["one here and one inside", ["8000:80"], tcp(80)],
    ["on one address", ["127.0.0.1:8000:80", "127.0.0.1::81"], tcp(80, 81)],
    ["on an address of IPv6", ["[::1]:70:70", "::1:71:71/tcp"], tcp(70, 71)],
    ["of UDP", ["53:53/udp", "127.0.0.1:5353:5353/UDP"], udp(53, 5353)],
    ["in ranges", ["3000-3002:3000-3002"], tcp(3000, 3001, 3002)],
    ["in ranges on an address, of UDP", ["127.0.0.1:6000-6001:6000-6001/udp"], udp(6000, 6001)],
    ["any of a range here", ["8000-8010:80"], tcp(80)],
    ["in the long form", [{ target: 80, published: "8080", host_ip: "0.0.0.0", mode: "host" }], tcp(80)],
    ["in the long form, of UDP", [{ target: 53, protocol: "udp" }], udp(53)],
    ["in the long form, as text", [{ target: "80-81", published: "8080-8081" }], tcp(80, 81)],
    ["twice", ["8000:80", "9000:80", "80/udp"], [...tcp(80), ...udp(80)]],
    ["of nothing", undefined, []]
  ])("are understood: %s", (_, ports, targets) => {
    expect(targetsOf(ports)).toEqual(targets)
  })

  it.each([["web:80a"], ["0"], ["70000"], ["81-80"], ["80/sctp"], [{ published: 80 }]])(
    "are not guessed: %j",
    (port) => {
      expect(targetsOf([port as never])).toBeUndefined()
    }
  )
})

describe("what they are called", () => {
  const names = (...given: Parameters<typeof namedPorts>) => namedPorts(...given).map(({ name }) => name)
  const one = (name: string, ...targets: NonNullable<ReturnType<typeof targetsOf>>) => ({ name, targets })
  const port = (number: number, protocol: "tcp" | "udp" = "tcp") => ({ port: number, protocol })

  it("is the service, or the service and the port when it has several", () => {
    expect(names([one("db", port(5432)), one("web", port(80), port(443))], new Set())).toEqual([
      "db",
      "web-80",
      "web-443"
    ])
  })

  it("is unique, also beside the workspace's own", () => {
    expect(names([one("ssh", port(22)), one("dns", port(53), port(53, "udp"))], new Set(["ssh"]))).toEqual([
      "ssh-22",
      "dns-53",
      "dns-53-udp"
    ])
    expect(names([one("a", port(1)), one("a-1", port(1))], new Set(["a"]))).toEqual(["a-1", "a-1-1"])
  })

  it("says which service each leads to", () => {
    expect(namedPorts([one("db", port(5432))], new Set())).toEqual([
      { name: "db", port: 5432, protocol: "tcp", companion: "db" }
    ])
  })
})
