/** A store, folders that are gone afterwards, and what a folder holds, read without the store. */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as StoredTrees from "../../../src/adapters/trees/StoredTrees.ts"
import { type TreeFailure, TreeStore } from "../../../src/app/ports/TreeStore.ts"

type Service = typeof TreeStore.Service

/** The store's operations as promises: they throw what they fail with. */
export type Trees = {
  readonly [Name in keyof Service]: Service[Name] extends (...args: infer Args) => Effect.Effect<infer A, infer _>
    ? (...args: Args) => Promise<A>
    : never
}

export interface Stage {
  readonly root: string
  readonly store: string
  readonly trees: Trees
  /** The same store as another process would see it: without anything in memory. */
  readonly another: () => Trees
  readonly folder: (name: string) => string
  readonly git: (folder: string, ...args: ReadonlyArray<string>) => string
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export const all = { ignored: false, mostFiles: 1e6, mostBytes: 1e12 }
export const withIgnored = { ...all, ignored: true }

export const stage = (): Stage => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "nexus-trees-")))
  const store = join(root, "store")
  const runtimes: Array<ManagedRuntime.ManagedRuntime<TreeStore, never>> = []
  const another = () => {
    const runtime = ManagedRuntime.make(StoredTrees.layer(store))
    runtimes.push(runtime)
    return promised(runtime)
  }
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: root,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C"
  }
  return {
    root,
    store,
    trees: another(),
    another,
    folder: (name) => {
      const folder = join(root, name)
      mkdirSync(folder, { recursive: true })
      return folder
    },
    git: (folder, ...args) =>
      execFileSync("git", [...nobody, ...args], {
        cwd: folder,
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"]
      }),
    [Symbol.asyncDispose]: async () => {
      for (const runtime of runtimes) await runtime.dispose()
      rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

const nobody = [
  "-c",
  "user.name=test",
  "-c",
  "user.email=test@localhost",
  "-c",
  "commit.gpgsign=false",
  "-c",
  "init.defaultBranch=main"
]

const promised = (runtime: ManagedRuntime.ManagedRuntime<TreeStore, never>): Trees => {
  const call =
    (name: keyof Service) =>
    async (...args: ReadonlyArray<unknown>) => {
      // Everything else here is done without a pause: the test runner wants to be heard now and then.
      await new Promise(setImmediate)
      const exit = await runtime.runPromiseExit(
        Effect.flatMap(TreeStore, (trees): Effect.Effect<unknown, TreeFailure> => {
          const operation: (...args: ReadonlyArray<any>) => Effect.Effect<unknown, TreeFailure> = trees[name]
          return operation(...args)
        })
      )
      if (Exit.isSuccess(exit)) return exit.value
      throw exit.cause._tag === "Fail" ? exit.cause.error : new Error(String(exit.cause))
    }
  return new Proxy({} as Trees, { get: (_, name) => call(name as keyof Service) })
}

/** Every path with its kind, mode and content: what a restore has to bring back. `.git` of the folder itself is left out. */
export const snapshot = (folder: string, { git = false } = {}): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  const visit = (path: Buffer, relative: string) => {
    for (const name of readdirSync(path, { encoding: "buffer" })) {
      const text = name.toString("latin1")
      if (relative === "" && text === ".git" && !git) continue
      const inner = Buffer.concat([path, Buffer.from("/"), name])
      const stat = lstatSync(inner)
      const key = relative === "" ? text : `${relative}/${text}`
      const mode = (stat.mode & 0o7777).toString(8)
      if (stat.isDirectory()) {
        found.set(`${key}/`, mode)
        visit(inner, key)
      } else if (stat.isSymbolicLink()) found.set(key, `-> ${readlinkSync(inner, { encoding: "latin1" })}`)
      else if (stat.isFile()) found.set(key, `${mode} ${readFileSync(inner).toString("base64")}`)
      else found.set(key, "other")
    }
  }
  visit(Buffer.from(folder), "")
  return found
}

/** Whatever modes a test left behind, everything can be deleted again. */
export const open = (folder: string): void => {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) open(join(folder, entry.name))
}
