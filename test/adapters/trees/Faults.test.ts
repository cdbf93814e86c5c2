/** Processes that are killed anywhere, processes at the same time, and a full disk. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { isRoot, put } from "../../support/cli.ts"
import { all, snapshot, stage, type Stage } from "./stage.ts"

const program = join(import.meta.dirname, "programs/once.ts")

const run = (world: Stage, name: string, ...args: ReadonlyArray<unknown>): ChildProcess =>
  spawn(process.execPath, [program, world.store, name, JSON.stringify(args)], { stdio: ["ignore", "pipe", "pipe"] })

const ended = async (child: ChildProcess): Promise<{ code: number | null; text: string; errors: string }> => {
  let text = ""
  let errors = ""
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()))
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = (await once(child, "close")) as [number | null]
  return { code, text, errors }
}

/** Killed so many milliseconds after it began, wherever it is then. True: it was still at work. */
const killed = async (child: ChildProcess, after: number): Promise<boolean> => {
  await Promise.race([once(child.stdout ?? child, "data"), once(child, "close")])
  const timer = setTimeout(() => child.kill("SIGKILL"), after)
  const { code } = await ended(child)
  clearTimeout(timer)
  return code === null
}

const fill = (folder: string, mark: string): void => {
  rmSync(folder, { recursive: true, force: true })
  for (let index = 0; index < 120; index++)
    put(join(folder, `d${index % 6}/${mark}${index % 3}/${index}`), `${mark} ${index} `.repeat(800))
  mkdirSync(join(folder, `empty-${mark}`))
}

const minutes = 60_000

describe("a process that is killed", () => {
  it("at any point of keeping or cleaning leaves a sound store", { timeout: 5 * minutes }, async () => {
    await using world = stage()
    const folder = world.folder("a")
    fill(folder, "first")
    const first = await world.trees.keepFiles(folder, all)
    let interrupted = 0
    for (let round = 0; round < 7; round++) {
      fill(folder, `round${round}`)
      if (await killed(run(world, "keepFiles", folder, all), 5 + round * 15)) interrupted++
      if (await killed(run(world, "collectAll", first.hash), 3 + round * 7)) interrupted++
      await world.another().check(first.hash)
    }
    expect(interrupted).toBeGreaterThan(0)
    const last = await world.another().keepFiles(folder, all)
    await world.another().check(last.hash)
    expect(await world.another().restoreFiles(last.hash, join(world.root, "copy"))).toEqual([])
    expect(snapshot(join(world.root, "copy"))).toEqual(snapshot(folder))
  })

  it(
    "at any point of restoring loses nothing: it is noticed, and restoring goes on or back",
    { timeout: 5 * minutes },
    async () => {
      await using world = stage()
      const folder = world.folder("a")
      fill(folder, "target")
      const target = await world.trees.keepFiles(folder, all)
      const wanted = snapshot(folder)
      let interrupted = 0
      for (let round = 0; round < 8; round++) {
        fill(folder, "other")
        const other = snapshot(folder)
        const undo = await world.another().keepFiles(folder, { ...all, over: target.hash })
        if (await killed(run(world, "restoreFiles", target.hash, folder, undo.hash), 20 + round * 20)) interrupted++
        const trees = world.another()
        const now = await trees.keepFiles(folder, { ...all, over: target.hash })
        const left = readdirSync(folder).filter((name) => name.startsWith(".nexus-restoring-"))
        expect(now.leftOut.map(({ path }) => path)).toEqual(left)
        const [goal, then] = round % 2 === 0 ? [target.hash, wanted] : [undo.hash, other]
        expect(await trees.restoreFiles(goal, folder, now.hash)).toEqual([])
        expect(snapshot(folder)).toEqual(then)
      }
      expect(interrupted).toBeGreaterThan(0)
    }
  )
})

describe("processes at the same time", () => {
  it("keep into one store while it is cleaned, and lose nothing", { timeout: 5 * minutes }, async () => {
    await using world = stage()
    const base = world.folder("base")
    fill(base, "same")
    const first = await world.trees.keepFiles(base, all)
    const folders = ["a", "b", "c"].map((name) => world.folder(name))
    for (let round = 0; round < 2; round++) {
      for (const folder of folders) fill(folder, round === 0 ? "same" : `own${round}`)
      const keeps = folders.map((folder) => ended(run(world, "keepFiles", folder, all)))
      const cleaning = ended(run(world, "collect", [first.hash]))
      for (const { code, text, errors } of await Promise.all(keeps)) {
        expect({ code, errors }).toEqual({ code: 0, errors: "" })
        const kept = JSON.parse(text.split("\n")[1] ?? "") as { hash: string }
        await world.another().check(kept.hash)
      }
      expect((await cleaning).code).toBe(0)
    }
  })
})

const canMount = isRoot && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0

// Elsewhere a person may not be allowed to; there it runs, or fails.
describe.runIf(canMount || process.env["CI"] === "true")("a full disk", () => {
  it("is said, and nothing half is left: not in the store, not in the folder", { timeout: 2 * minutes }, async () => {
    await using world = stage()
    const small = world.folder("small")
    const folder = join(small, "folder")
    const script = join(world.root, "script.sh")
    // In a mount namespace of its own, so that the small disk goes with it.
    writeFileSync(
      script,
      `set -u
mount -t tmpfs -o size=12m tmpfs "$1"
n() { "$NODE" "$ONCE" "$1" "$2" "$3" 2>&1; }
mkdir "$1/folder"; head -c 3000000 /dev/urandom > "$1/folder/f"
n "$STORE" keepFiles "[\\"$1/folder\\",$ALL]"
head -c 3000000 /dev/urandom > "$1/folder/g"
n "$1/store" keepFiles "[\\"$1/folder\\",$ALL]"
head -c 3000000 /dev/urandom > "$1/folder/h"
echo == full store
n "$1/store" keepFiles "[\\"$1/folder\\",$ALL]"
ls -A "$1/folder"
`
    )
    const { stdout } = spawnSync("unshare", ["-m", "sh", script, small], {
      encoding: "utf8",
      env: { ...process.env, NODE: process.execPath, ONCE: program, STORE: world.store, ALL: JSON.stringify(all) }
    })
    const [before = "", after = ""] = stdout.split("== full store\n")
    const outside = before.split("\n").find((line) => line.startsWith("{")) ?? ""
    expect(after).toMatch(/disk is full/)
    expect(after.trim().split("\n").slice(-3)).toEqual(["f", "g", "h"])
    const kept = JSON.parse(outside) as { hash: string }
    await world.another().check(kept.hash)
    expect(existsSync(folder)).toBe(false)
  })
})
