/** Checkpoints of a checkout: keeping its files and git state, and restoring them, against git doing the like by hand. */
import { spawnSync } from "node:child_process"
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as StoredTrees from "../src/adapters/trees/StoredTrees.ts"
import { type TreeFailure, TreeStore } from "../src/app/ports/TreeStore.ts"
import type { Bench } from "./Bench.ts"
import { median, type Result, time } from "./Result.ts"

export const names = {
  keep: "checkpoint, 10,000 files, 200 changed",
  restore: "restore, 10,000 files, 200 changed, undo included"
}

const files = 10_000
const changed = 200
const selection = { ignored: false, mostFiles: 100_000, mostBytes: 10 * 1024 ** 3 }

export const trees = async (bench: Bench): Promise<ReadonlyArray<Result>> => {
  const { folder, gitDirectory } = checkout(bench.folder())
  const store = join(bench.folder(), "trees")
  const runtime = ManagedRuntime.make(StoredTrees.layer(store))
  const run = <A>(use: (trees: typeof TreeStore.Service) => Effect.Effect<A, TreeFailure>) =>
    runtime.runPromise(Effect.flatMap(TreeStore, use))
  const index = join(bench.folder(), "index")
  const byHand = (...args: ReadonlyArray<string>) => git(folder, { GIT_INDEX_FILE: index }, ...args)
  copyFileSync(join(gitDirectory, "index"), index)
  const first = await run((trees) => trees.keepFiles(folder, selection))
  byHand("add", "--all")
  const tree = byHand("write-tree").trim()

  const took = { keep: [], keepFloor: [], restore: [], restoreFloor: [] } as Record<string, Array<number>>
  const timed = async (name: string, body: () => unknown) => {
    const started = performance.now()
    await body()
    took[name]?.push(performance.now() - started)
  }
  for (let round = 0; round < (bench.quick ? 7 : 21); round++) {
    const keep = () =>
      timed("keep", async () => {
        await run((trees) => trees.keepFiles(folder, { ...selection, over: first.hash }))
        await run((trees) => trees.keepGit(gitDirectory))
      })
    const keepFloor = () =>
      timed("keepFloor", () => {
        byHand("add", "--all")
        byHand("write-tree")
      })
    const restore = () =>
      timed("restore", async () => {
        const undo = await run((trees) => trees.keepFiles(folder, { ...selection, over: first.hash }))
        const differences = await run((trees) => trees.restoreFiles(first.hash, folder, undo.hash))
        if (differences.length > 0) throw new Error(`${differences.length} files are not as they were kept`)
      })
    // git's index has to know what it is to replace.
    const restoreFloor = () => timed("restoreFloor", () => byHand("read-tree", "--reset", "-u", tree))
    change(folder, round)
    if (round % 2 === 0) await keep()
    await keepFloor()
    if (round % 2 === 1) await keep()
    if (round % 2 === 0) {
      await restore()
      change(folder, round)
      byHand("add", "--all")
      await restoreFloor()
    } else {
      await restoreFloor()
      change(folder, round)
      await restore()
      byHand("add", "--all")
    }
  }
  await runtime.dispose()
  const value = (name: string) => median(took[name]?.slice(1) ?? [])
  return [
    time(names.keep, "ms", value("keep"), value("keepFloor"), 1.5),
    time(names.restore, "ms", value("restore"), value("restoreFloor"), 2)
  ]
}

/** 1,000 folders of ten files of 6 kB, all committed, and 300 that are not, in a linked worktree as workspaces have them. */
const checkout = (place: string): { readonly folder: string; readonly gitDirectory: string } => {
  const [main, folder] = [join(place, "main"), join(place, "tree")]
  write(main, 0, files)
  git(main, {}, "init", "--quiet")
  git(main, {}, "add", "--all")
  git(main, {}, "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "-m", "All")
  git(main, {}, "worktree", "add", "--quiet", "-b", "nexus/bench", folder)
  write(folder, files, files + 300)
  return { folder, gitDirectory: join(main, ".git", "worktrees", "tree") }
}

const write = (folder: string, first: number, end: number): void => {
  for (let number = first; number < end; number++) {
    const file = join(folder, nameOf(number))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `const value${number} = ${number * 7919}\n`.repeat(200))
  }
}

const nameOf = (number: number): string =>
  join(`part${number % 50}`, `module${Math.floor(number / 50) % 20}`, `file${number}.ts`)

const change = (folder: string, round: number): void => {
  for (let count = 0; count < changed; count++)
    appendFileSync(join(folder, nameOf((count * 47 + round * 13) % files)), `// changed in round ${round}\n`)
}

const git = (folder: string, env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>): string => {
  const { status, stdout, stderr } = spawnSync("git", args, {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env }
  })
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`)
  return stdout
}
