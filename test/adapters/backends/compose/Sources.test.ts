import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { strayFiles } from "../../../../src/adapters/docker/compose/Sources.ts"

let outside: string
let folder: string
beforeEach(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), "nexus-compose-")))
  folder = join(outside, "worktree")
  mkdirSync(folder)
  writeFileSync(join(outside, "credentials"), "KEY=1\n")
})
afterEach(() => rmSync(outside, { recursive: true, force: true }))

const put = (path: string, content: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}
const stray = (...files: ReadonlyArray<string>) => strayFiles(folder, files)

describe("the files that compose files lead to", () => {
  it("may be all over the worktree", () => {
    put(
      "deploy/compose.yaml",
      "include: [other.yaml]\nservices: { a: { extends: { file: ../base/b.yaml, service: b }, env_file: .env } }\n"
    )
    put("deploy/other.yaml", "services: { c: { image: x, env_file: [{ path: ../c.env, required: false }] } }\n")
    put("base/b.yaml", "services: { b: { image: x, env_file: ../deploy/.env } }\n")
    put("deploy/.env", "A=1\n")
    expect(stray("deploy/compose.yaml")).toEqual([])
  })

  it.each([
    ["env_file", "services: { a: { image: x, env_file: ../credentials } }"],
    ["env_file", "services: { a: { image: x, env_file: [{ path: ../credentials }] } }"],
    ["env_file", "services: { a: { image: x, env_file: '${HOME}/credentials' } }"],
    ["env_file", "x-all: &all { env_file: ../credentials }\nservices: { a: { image: x, <<: *all } }"],
    ["label_file", "services: { a: { image: x, label_file: /etc/passwd } }"],
    ["extends", "services: { a: { extends: { file: ../b.yaml, service: b } } }"],
    ["include", "include: [{ path: ../b.yaml }]"],
    ["include", "include: https://example.org/b.git"],
    ["env_file", "include: [{ path: [b.yaml], env_file: ../credentials }]"]
  ])("may not be outside of it: %s", (key, content) => {
    put("compose.yaml", content)
    put("b.yaml", "")
    expect(stray("compose.yaml").join()).toContain(`${key} `)
  })

  it("may not be outside of it through others, or through links", () => {
    put("compose.yaml", "services: { a: { extends: { file: base/b.yaml, service: b } } }")
    put("base/b.yaml", "services: { b: { image: x, env_file: ../../credentials } }")
    expect(stray("compose.yaml")).toHaveLength(1)
    symlinkSync(join(outside, "credentials"), join(folder, ".env"))
    put("plain.yaml", "services: { a: { image: x } }")
    expect(stray("plain.yaml")).toHaveLength(1)
    symlinkSync(join(outside, "compose.yaml"), join(folder, "link.yaml"))
    expect(stray("link.yaml").join()).toContain("--compose link.yaml")
  })

  it("have to be there", () => {
    expect(stray("compose.yaml")).toEqual(["--compose compose.yaml: there is no such file in the worktree"])
  })
})
