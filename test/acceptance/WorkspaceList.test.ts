/** `nexus workspace list` answers out of the read model where it can, and as the command line proper does where it can't. */
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, type World } from "../support/cli.ts"

let world: World
let project: string
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  for (const name of ["feat-x", "feat-y"])
    expect(await world.nexus(["workspace", "create", name, "--backend", "process"], { cwd: project })).toMatchObject({
      exit: 0
    })
})
afterAll(() => world[Symbol.dispose]())

const list = (...args: ReadonlyArray<string>) => world.nexus(["workspace", "list", ...args], { cwd: project })

/** As if an older Nexus had appended meanwhile: a read model that is behind is derived again before anybody is answered. */
const fallBehind = () => {
  const sqlite = new Sqlite(join(world.home, "nexus.db"))
  sqlite.prepare("UPDATE projections SET position = 1 WHERE name = 'workspaces'").run()
  sqlite.close()
}

describe("nexus workspace list", () => {
  it("says the same from the read model alone as after bringing it up to date", async () => {
    const quick = [await list(), await list("--json"), await list("--json", "--all")]
    const proper = []
    for (const args of [[], ["--json"], ["--json", "--all"]]) {
      fallBehind()
      proper.push(await list(...args))
    }
    expect(quick).toEqual(proper)
    expect(json(quick[1] ?? proper[0]!).items.map(({ name }: { name: string }) => name)).toEqual(["feat-x", "feat-y"])
    const shown = await world.nexus(["workspace", "show", "feat-x", "--json"], { cwd: project })
    const { services, ...rest } = json(shown)
    expect([json(quick[1]!).items[0], services]).toEqual([rest, []])
  })

  it("knows a repository that was never seen before, and says what to do outside of any", async () => {
    const other = world.repository("other")
    const ran = await world.nexus(["workspace", "list"], { cwd: other })
    expect(ran).toMatchObject({ exit: 0, stdout: expect.stringContaining("nexus workspace create") })
    const outside = await world.nexus(["workspace", "list"], { cwd: world.root })
    expect(outside).toMatchObject({ exit: 3, stderr: expect.stringContaining("git init") })
  })

  it("explains itself, and complains about what it does not know", async () => {
    expect(await list("--help")).toMatchObject({ exit: 0, stdout: expect.stringContaining("--all") })
    expect(await list("--al")).toMatchObject({ exit: 2 })
  })
})
