/** What is published about the configuration is what the program takes. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { contentOf } from "../../../src/app/config/ConfigFile.ts"
import { gateKeys } from "../../../src/app/config/GateSettings.ts"
import { configSchema } from "../../../src/app/config/JsonSchema.ts"
import { builtInKeys, workspaceKeys } from "../../../src/app/config/Keys.ts"
import { keys, settingOf } from "../../../src/app/config/Settings.ts"

const file = (...path: ReadonlyArray<string>) => readFileSync(join(import.meta.dirname, "../../..", ...path), "utf8")

describe("the published schema of the configuration", () => {
  it("is what nexus config schema prints", () => {
    expect(file("schemas", "config.schema.json")).toBe(`${JSON.stringify(configSchema(), null, 2)}\n`)
  })

  it("is shipped", () => {
    expect((JSON.parse(file("package.json")) as { files: ReadonlyArray<string> }).files).toContain("schemas")
  })

  const validate = new Ajv2020({ strict: true }).compile(configSchema())
  it.each([
    {},
    { $schema: "https://example.org/config.schema.json" },
    { capture: { prompts: "off" }, gates: { ci: { command: "make ci", timeout: "15m" }, types: { command: ["tsc"] } } },
    { enforcer: { mode: "observe", gates: ["ci"], armOnStart: false, limits: { perRun: 3, wallClock: "8h" } } },
    { enforcer: { gates: null, limits: { tokens: null } } },
    { enforcer: { limits: { tokens: 1 } } },
    { enforcer: { limits: { perRun: 0 } } },
    { enforcer: { limits: { perRun: 2.5 } } },
    { enforcer: { limits: { wallClock: 3 } } },
    { enforcer: { limits: { wallClock: "soon" } } },
    { enforcer: { gates: ["No"] } },
    { enforcer: { mode: "on" } },
    { enforce: {} },
    { workspace: { image: "node:24", cpu: 1.5, memory: "2g", ports: [3000, "dns=53/udp"], network: "none" } },
    { workspace: { dockerfile: { path: "Dockerfile", target: "dev", arguments: { A: "1" } }, processes: 100 } },
    { workspace: { env: { A: "1", B: { fromEnvironment: "C" }, D: { fromFile: "d" } }, volumes: { data: "/data" } } },
    { workspace: { hooks: { setup: ["a", "b"], start: { command: "c", detach: true }, stop: "d", teardown: "e" } } },
    { workspace: { hooks: { health: { command: ["f"], timeout: "5s", within: "2m" } } } },
    { workspace: { hooks: { health: { timeout: "5s" } } } },
    { workspace: { hooks: { setup: { command: "a", detach: true } } } },
    { workspace: { hooks: { begin: "a" } } },
    { workspace: { cpu: 0 } },
    { workspace: { memory: "lots" } },
    { workspace: { dockerfile: "../Dockerfile" } },
    { workspace: { env: { "1A": "1" } } },
    { workspace: { volumes: { data: "here" } } },
    { gates: { ci: {} } },
    { gates: { CI: { command: "make" } } },
    { gates: { ci: { command: [] } } },
    { gates: { ci: { command: "make", timeout: "1d" } } }
  ])("agrees with the program about %j", (value) => {
    const isTaken = Either.isRight(contentOf("file", JSON.stringify(value)))
    // A group that is empty says nothing, and the program lets any name of one pass.
    expect(validate(value)).toBe("enforce" in value ? false : isTaken)
  })
})

describe("docs/config.md", () => {
  it("has every setting with its default, what it may be, and its variables", () => {
    const rows = file("docs", "config.md").split("\n")
    for (const key of keys) {
      const { kind, default: value, variables } = settingOf(key)
      const row = rows.find((line) => line.startsWith(`| \`${key}\` `)) ?? `no row for ${key}`
      expect(row).toContain(`| \`${JSON.stringify(kind.encode(value))}\` |`)
      for (const variable of variables) expect(row).toContain(`\`${variable}\``)
    }
    for (const key of [...gateKeys, ...builtInKeys, ...workspaceKeys]) expect(rows.join("\n")).toContain(`\`${key}\``)
  })
})
