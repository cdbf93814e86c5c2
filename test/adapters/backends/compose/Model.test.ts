import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { planOf } from "../../../../src/adapters/docker/compose/Model.ts"
import { fileOf } from "../../../../src/adapters/docker/compose/Plan.ts"
import type { Fields } from "../../../../src/adapters/docker/compose/Value.ts"
import type { WorkspaceId } from "../../../../src/domain/workspace/Ids.ts"

let outside: string
let folder: string
beforeAll(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), "nexus-compose-")))
  folder = join(outside, "worktree")
  mkdirSync(join(folder, "data"), { recursive: true })
  writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n")
  writeFileSync(join(outside, "secret"), "s\n")
  symlinkSync(outside, join(folder, "up"))
})
afterAll(() => rmSync(outside, { recursive: true, force: true }))

const planned = (model: Fields) =>
  planOf(
    model,
    {
      folder,
      pointer: "/ours/git.file",
      image: (service) => `ours:${service}`,
      labels: (service) => ({ "nexus.companion": service })
    },
    new Set(["ssh"])
  )
const service = (fields: Fields) => planned({ services: { db: { image: "db:1", ...fields } } })
const kept = (fields: Fields): Fields => service(fields).plan.services["db"] ?? {}

describe("a service of a compose file", () => {
  it("runs what it ran, in the workspace's own network, under all its names", () => {
    const plain = { command: ["run"], environment: { A: "1" }, healthcheck: { test: ["CMD", "true"] }, user: "1:1" }
    const placed = {
      container_name: "the-db",
      networks: { back: { aliases: ["postgres"], ipv4_address: "172.30.0.9" } }
    }
    const { plan, refused, notes } = service({ ...plain, ...placed })
    expect(refused).toEqual([])
    expect(plan.services["db"]).toMatchObject({
      ...plain,
      networks: { default: { aliases: ["the-db", "postgres"] } },
      labels: { "nexus.companion": "db" }
    })
    expect(plan.services["db"]).not.toHaveProperty("container_name")
    expect(notes).toEqual(["db is not called the-db by the engine, only by its neighbours"])
  })

  it("publishes what was reserved for it, and nothing else", () => {
    const { plan } = service({ ports: ["5432:5432", "0.0.0.0:53:53/udp"] })
    expect(plan.ports.map(({ name }) => name)).toEqual(["db-5432", "db-53"])
    const place = { service: "db-53", host: "127.0.0.1", hostPort: 32_801, port: 53, protocol: "udp" } as const
    const file = JSON.parse(
      fileOf(plan, "ws_0123456789abcdef" as WorkspaceId, [
        { ...place, companion: "db" },
        { ...place, service: "web", hostPort: 32_802 }
      ])
    )
    expect(file.services.db.ports).toEqual(["127.0.0.1:32801:53/udp"])
    expect(file.networks).toEqual({ default: { external: true, name: "nexus-0123456789abcdef" } })
    expect(JSON.parse(fileOf(plan, "ws_0123456789abcdef" as WorkspaceId, [])).services.db).not.toHaveProperty("ports")
  })

  it("mounts folders of the worktree, in both ways of saying so, and named volumes of the workspace's", () => {
    const { plan, refused } = planned({
      services: {
        db: {
          image: "db:1",
          volumes: [
            `${folder}/data:/data:ro`,
            { type: "bind", source: `${folder}/new`, target: "/new", bind: { create_host_path: true } },
            "store:/store:rw",
            { type: "tmpfs", target: "/tmp" },
            "/nameless"
          ]
        }
      },
      volumes: { store: { name: "shared" } }
    })
    expect(refused).toEqual([])
    expect(plan.services["db"]?.["volumes"]).toEqual([
      { type: "bind", source: `${folder}/data`, target: "/data", read_only: true },
      { type: "bind", source: `${folder}/new`, target: "/new" },
      { type: "volume", source: "store", target: "/store" },
      { type: "tmpfs", target: "/tmp" },
      { type: "volume", target: "/nameless" }
    ])
    expect(plan.binds).toEqual([`${folder}/data`, `${folder}/new`])
    const file = JSON.parse(fileOf(plan, "ws_0123456789abcdef" as WorkspaceId, []))
    expect(file.volumes).toEqual({ store: { external: true, name: "nexus-0123456789abcdef-compose-store" } })
  })

  it("sees no git file that it could change, where it sees the whole worktree", () => {
    expect(kept({ volumes: [{ type: "bind", source: folder, target: "/app" }] })["volumes"]).toEqual([
      { type: "bind", source: folder, target: "/app" },
      { type: "bind", source: "/ours/git.file", target: "/app/.git", read_only: true }
    ])
    expect(service({ volumes: [`${folder}/.git:/git`] }).refused).toHaveLength(1)
  })

  it("is built from the worktree, under a name of the workspace's", () => {
    expect(
      kept({ image: "my/app:latest", build: { context: folder, dockerfile: "Dockerfile", tags: ["x"] } })
    ).toMatchObject({
      image: "ours:db",
      build: { context: folder, dockerfile: join(folder, "Dockerfile"), labels: { "nexus.companion": "db" } }
    })
  })

  it("is started again by the engine only where it mounts nothing that can change meanwhile", () => {
    expect(kept({ restart: "always" })["restart"]).toBe("on-failure")
    expect(kept({ restart: "always", volumes: [`${folder}/data:/data`] })).not.toHaveProperty("restart")
    expect(kept({ restart: "no" })).not.toHaveProperty("restart")
  })

  it("can't take the labels by which we find what is ours", () => {
    expect(kept({ labels: ["nexus.log=other", "mine=1"] })["labels"]).toEqual({ mine: "1", "nexus.companion": "db" })
  })

  it.each<[string, Fields]>([
    ["privileged", { privileged: true }],
    ["network_mode: host", { network_mode: "host" }],
    ["network_mode: container:x", { network_mode: "container:x" }],
    ["pid: host", { pid: "host" }],
    ["ipc: host", { ipc: "host" }],
    ["uts: host", { uts: "host" }],
    ["userns_mode: host", { userns_mode: "host" }],
    ["cap_add: SYS_ADMIN", { cap_add: ["SYS_ADMIN"] }],
    ["cap_add: ALL", { cap_add: ["ALL"] }],
    ["security_opt: seccomp:unconfined", { security_opt: ["seccomp:unconfined"] }],
    ["devices", { devices: ["/dev/kvm:/dev/kvm"] }],
    ["device_cgroup_rules", { device_cgroup_rules: ["a *:* rwm"] }],
    ["cgroup_parent", { cgroup_parent: "/x" }],
    ["runtime", { runtime: "other" }],
    ["gpus", { gpus: "all" }],
    ["deploy: devices", { deploy: { resources: { reservations: { devices: [{ capabilities: ["gpu"] }] } } } }],
    ["volumes_from: container:x", { volumes_from: ["container:x"] }],
    ["external_links", { external_links: ["x"] }],
    ["use_api_socket", { use_api_socket: true }],
    ["/var/run/docker.sock", { volumes: ["/var/run/docker.sock:/var/run/docker.sock"] }],
    ["a mount of the type npipe", { volumes: [{ type: "npipe", source: "a", target: "/b" }] }],
    ["build: https://example.org/a.git", { build: { context: "https://example.org/a.git" } }],
    ["build: ssh", { build: { context: ".", ssh: ["default"] } }],
    ["build: network host", { build: { context: ".", network: "host" } }]
  ])("is refused with what would not keep it apart: %s", (words, fields) => {
    expect(service(fields).refused.join()).toContain(`db: ${words}`)
  })

  it("is refused with what leads out of the worktree, also through a link", () => {
    for (const source of [outside, `${folder}/../secret`, `${folder}/up/secret`, "/"])
      expect(service({ volumes: [{ type: "bind", source, target: "/x" }] }).refused).toHaveLength(1)
    expect(service({ build: { context: `${folder}/up` } }).refused).toHaveLength(1)
    expect(service({ build: { context: folder, dockerfile: "up/Dockerfile" } }).refused).toHaveLength(1)
    const secrets = { mine: { file: join(folder, "Dockerfile") }, other: { file: join(outside, "secret") } }
    expect(planned({ services: {}, secrets }).refused).toEqual([
      `secrets: ${join(outside, "secret")} is not in the worktree`
    ])
  })
})

describe("what compose files share with others", () => {
  it("is the workspace's own instead, and that is said", () => {
    const { plan, refused, notes } = planned({
      services: {},
      volumes: { data: { external: true, name: "shared" }, other: null },
      networks: { default: {}, back: { external: true }, front: {} }
    })
    expect(refused).toEqual([])
    expect(plan.volumes).toEqual(["data", "other"])
    expect(notes).toEqual([
      "the volume data is this workspace's own, and empty: it is not shared",
      "instead of the networks back, front, all are in the workspace's own"
    ])
  })

  it("is refused where a volume's options could reach what is outside", () => {
    const volumes = { etc: { driver_opts: { type: "none", o: "bind", device: "/etc" } }, far: { driver: "nfs" } }
    expect(planned({ services: {}, volumes }).refused).toHaveLength(2)
  })
})
