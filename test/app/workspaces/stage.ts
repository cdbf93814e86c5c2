/** A home, a repository and workspaces in it, on real parts: processes of this machine, git, SQLite and the store of trees. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { expect } from "vitest"
import * as GitWorktrees from "../../../src/adapters/git/GitWorktrees.ts"
import * as ProcessBackend from "../../../src/adapters/process/ProcessBackend.ts"
import * as Ssh2 from "../../../src/adapters/ssh/Ssh2.ts"
import * as SyncPartsLive from "../../../src/adapters/sync/SyncPartsLive.ts"
import * as StoredTrees from "../../../src/adapters/trees/StoredTrees.ts"
import { Nexus } from "../../../src/app/Nexus.ts"
import { type Backend, Backends } from "../../../src/app/ports/Backend.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { find } from "../../../src/app/workspaces/Find.ts"
import { repairAll } from "../../../src/app/workspaces/Repair.ts"
import { takeCheckpoint } from "../../../src/app/workspaces/TakeCheckpoint.ts"
import * as Live from "../../../src/cli/Live.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import * as Home from "../../../src/events/Home.ts"
import { verify } from "../../../src/events/Verify.ts"
import * as Rows from "../../../src/projections/WorkspaceRows.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { photograph } from "../../adapters/git/worktrees/site.ts"
import { git } from "../world.ts"

const nothing = () => undefined

type Services = Layer.Layer.Success<ReturnType<typeof layerOf>>

const layerOf = (home: Home.Home, cwd: string, backend: (log: string) => Backend) =>
  Layer.mergeAll(
    Layer.effect(
      Backends,
      Effect.map(EventLog, ({ device }) => ({ all: [backend(device)] }))
    ).pipe(Layer.provide(Live.log(home))),
    Live.log(home),
    Live.outside,
    Layer.succeed(Nexus, {
      version: "0.0.0",
      home,
      user: "ada",
      cwd,
      agents: [],
      platform: process.platform,
      person: { path: [], home: join(home.path, "person") },
      program: { node: "/usr/bin/node", nexus: "/opt/nexus/nexus.js" }
    }),
    GitWorktrees.layer,
    Ssh2.layer(home.path),
    SyncPartsLive.layer,
    StoredTrees.layer(home.trees)
  )

/** Turns a backend into one that does something else in places. */
export type Dressed = (backend: Backend) => Backend

/** `files`: in the repository's first commit. `backend`: of a log; default: processes of this machine. */
export const stage = (
  files: Readonly<Record<string, string>> = { "a.txt": "one\n", "b/c.txt": "two\n" },
  backend?: (log: string) => Backend
) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "nexus-workspaces-")))
  const home = Home.at(join(root, "nexus"))
  const repository = join(root, "project")
  for (const [path, content] of Object.entries(files)) put(join(repository, path), content)
  git(repository, "init", "--quiet", "--initial-branch=main")
  git(repository, "config", "user.name", "Ada")
  git(repository, "config", "user.email", "ada@localhost")
  git(repository, "add", "--all")
  git(repository, "commit", "--quiet", "--allow-empty", "--message", "First")

  /** As one command: the log is opened for it and closed after it. */
  const run = <A, E>(program: Effect.Effect<A, E, Services>, cwd = repository, dressed: Dressed = (one) => one) =>
    Effect.runPromise(
      Effect.provide(
        program,
        layerOf(home, cwd, (log) => dressed(backend?.(log) ?? ProcessBackend.make(home.workspaces)))
      )
    )
  const creation = (name: string) =>
    create({ name, base: "HEAD", spec: { ...spec, backend: backend?.("").name ?? spec.backend } }, nothing)
  const make = (name: string, dressed?: Dressed) => run(creation(name), repository, dressed)
  const all = () => run(Effect.map(EventLog, ({ database }) => Rows.ever(database)))
  return {
    root,
    home,
    repository,
    run,
    creation,
    make,
    all,
    folder: (name: string, ...path: ReadonlyArray<string>) => join(repository, ".worktree", name, ...path),
    find: (name: string) => run(find(name)),
    checkpoint: (name: string, called?: string) =>
      run(
        Effect.flatMap(find(name), ({ workspace }) =>
          takeCheckpoint(workspace.id, { occasion: "asked", ignored: false, name: called })
        )
      ),
    repair: () => run(Effect.flatMap(EventLog, ({ database }) => repairAll(Rows.list(database), nothing))),
    /** Why it is refused. */
    refused: async <A, E>(program: Effect.Effect<A, E, Services>, cwd?: string, dressed?: Dressed): Promise<E> => {
      const result = await run(Effect.either(program), cwd, dressed)
      if (Either.isLeft(result)) return result.left
      throw new Error(`It was not refused: ${JSON.stringify(result.right)}`)
    },
    /** Everything of the user's: the main checkout's files, its index, HEAD, branches, stashes, configuration. */
    main: () => ({
      files: photograph(repository, ["./.git", "./.worktree"]),
      index: readFileSync(join(repository, ".git/index")).toString("base64"),
      config: readFileSync(join(repository, ".git/config"), "utf8"),
      head: readFileSync(join(repository, ".git/HEAD"), "utf8"),
      refs: git(repository, "for-each-ref")
        .split("\n")
        .filter((line) => !line.includes("refs/heads/nexus/"))
    }),
    /** What there is of workspaces, anywhere, is that of those that are not deleted. The log verifies. */
    onlyTheLiving: async (): Promise<void> => {
      const living = (await all()).filter(({ workspace }) => workspace.status !== "deleted").map((one) => one.workspace)
      const names = living.map(({ name }) => name).sort()
      const worktrees = git(repository, "worktree", "list", "--porcelain")
        .split("\n")
        .filter((line) => line.startsWith("worktree "))
      const reserved = await run(Effect.map(EventLog, ({ database }) => Rows.reserved(database)))
      expect({
        worktrees: worktrees
          .slice(1)
          .map((line) => line.split("/").at(-1) ?? "")
          .sort(),
        branches: git(repository, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/nexus")
          .split("\n")
          .filter((line) => line !== "")
          .sort(),
        folders: namesIn(join(repository, ".worktree")),
        admin: namesIn(join(repository, ".git/worktrees")).length,
        ours: namesIn(home.workspaces),
        ports: [...reserved].sort((a, b) => a - b),
        pending: living.filter(({ pending }) => pending !== null)
      }).toEqual({
        worktrees: names,
        branches: names,
        folders: names,
        admin: names.length,
        ours: living.map(({ id }) => id).sort(),
        ports: living.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)).sort((a, b) => a - b),
        pending: []
      })
      expect((await run(Effect.flatMap(EventLog, ({ database }) => verify(database)))).finding).toBeNull()
    },
    events: () => run(Effect.flatMap(EventLog, (log) => log.page({}, 1_000_000))),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  }
}

export type Stage = ReturnType<typeof stage>

export const put = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** `.gitignore`d notes of ours in the folder of all worktrees do not count. */
const namesIn = (folder: string): ReadonlyArray<string> =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name !== ".gitignore")
        .sort()
    : []
