import { describe, expect, it } from "vitest"
import { specOf } from "../../../../src/app/workspaces/spec/SpecLayers.ts"

describe("a specification in layers", () => {
  it("is our image on a network of its own where nobody said otherwise", () => {
    expect(specOf("docker", [])).toEqual({
      backend: "docker",
      image: { kind: "base" },
      limits: {},
      services: [],
      volumes: [],
      variables: {},
      network: "own",
      nested: false
    })
  })

  it("takes the later word, of limits, variables, services and volumes one by one", () => {
    const web = { name: "web", port: 3000, protocol: "tcp" } as const
    const spec = specOf("docker", [
      {
        image: { kind: "named", name: "a" },
        limits: { cpus: 1, processes: 9 },
        services: [web],
        variables: { A: { value: "1" } }
      },
      {
        limits: { cpus: 2 },
        services: [
          { ...web, port: 4000 },
          { ...web, name: "api" }
        ],
        variables: { B: { value: "2" } },
        volumes: [{ name: "data", path: "/data" }]
      }
    ])
    expect(spec.image).toEqual({ kind: "named", name: "a" })
    expect(spec.limits).toEqual({ cpus: 2, processes: 9 })
    expect(spec.services).toEqual([
      { ...web, port: 4000 },
      { ...web, name: "api" }
    ])
    expect(spec.variables).toEqual({ A: { value: "1" }, B: { value: "2" } })
    expect(spec.volumes).toEqual([{ name: "data", path: "/data" }])
  })

  it("runs the hooks of all layers, the first layer's first", () => {
    const hook = { stage: "setup", name: "setup", command: "true", timeoutMs: 1000 } as const
    const hooks = specOf("docker", [{ hooks: [hook] }, {}, { hooks: [{ ...hook, command: "make" }] }]).hooks
    expect(hooks?.map(({ command }) => command)).toEqual(["true", "make"])
  })
})
