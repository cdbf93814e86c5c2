/** Repositories through git: the file system for where a checkout is, simple-git for what its history begins with. */
import { existsSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  type Checkout,
  type GitFailed,
  type GitMissing,
  type Gone,
  Repositories
} from "../../app/ports/Repositories.ts"
import { normaliseRemote } from "../../domain/Project.ts"
import { headOf, layoutOf } from "./Layout.ts"
import { checkoutOf } from "./Checkout.ts"
import { ask, run, text } from "./Git.ts"
import { asideFrom, looked, renamesAndDeletions } from "./WorkState.ts"

export const layer = Layer.succeed(Repositories, {
  checkoutOf,
  isEmpty: (checkout) => {
    const layout = layoutOf(checkout.path)
    return layout !== undefined && headOf(layout)?.commit === null
  },
  facts: (checkout) =>
    Effect.gen(function* () {
      const [shallow, remote] = yield* Effect.all([
        ask(checkout.path, ["rev-parse", "--is-shallow-repository"]),
        ask(checkout.path, ["config", "--get", "remote.origin.url"]).pipe(ifNone)
      ])
      // A shallow history begins at its graft, not at its root. An empty repository has no HEAD to begin from.
      const roots =
        shallow.trim() === "true" ? "" : yield* ask(checkout.path, ["rev-list", "--max-parents=0", "HEAD"]).pipe(ifNone)
      return {
        path: checkout.path,
        // Histories that were joined have several; git lists the oldest last.
        root: roots.trim().split("\n").at(-1) || null,
        remote: remote.trim() === "" ? null : normaliseRemote(remote),
        ...mainOf(checkout.path)
      }
    }),
  treeOf: (checkout) =>
    Effect.flatMap(
      Effect.promise(async () => looked(checkout.path)),
      (seen) => (seen === undefined ? withTree(checkout, (tree) => Effect.succeed(tree)) : Effect.succeed(seen.tree))
    ),
  treeSince: (checkout, base) =>
    Effect.gen(function* () {
      const seen = yield* Effect.promise(async () => looked(checkout.path, base))
      if (seen !== undefined) return { tree: seen.tree, gone: goneIn(seen.gone ?? "") }
      return yield* withTree(checkout, (tree, env) =>
        Effect.map(text(checkout.path, [...renamesAndDeletions, base, tree], { env }), (told) => ({
          tree,
          gone: goneIn(told)
        }))
      )
    }),
  headOf: (checkout) => {
    const layout = layoutOf(checkout.path)
    return layout === undefined ? null : (headOf(layout)?.commit ?? null)
  },
  explain: (folder) =>
    Effect.sync(() => {
      if (!existsSync(folder)) return "does not exist."
      if (!statSync(folder).isDirectory()) return "is not a folder."
      if (isBare(folder)) return "is a bare repository: Nexus records work in checkouts. Run this in a clone of it."
      return 'is in no git repository. Run "git init" there first, or go to a checkout.'
    })
})

/** `D`, a path; `R` with a similarity, a path, another; each ended by a zero byte. */
const goneIn = (told: string): ReadonlyArray<Gone> => {
  const words = told.split("\0")
  const gone: Array<Gone> = []
  for (let index = 0; index + 1 < words.length;) {
    const isMoved = words[index]?.startsWith("R") === true
    gone.push({ path: words[index + 1] ?? "", to: isMoved ? (words[index + 2] ?? null) : null })
    index += isMoved ? 3 : 2
  }
  return gone
}

/** The tree of all files as they are on disk, while it is there: it is made in a folder of its own, beside the repository. */
const withTree = <A, E>(
  checkout: Checkout,
  body: (tree: string, env: Readonly<Record<string, string>>) => Effect.Effect<A, E>
) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "nexus-tree-"))),
    (folder) =>
      Effect.gen(function* () {
        const env = asideFrom(checkout.path, folder)
        yield* run(checkout.path, ["add", "--all"], { env })
        return yield* body((yield* text(checkout.path, ["write-tree"], { env })).trim(), env)
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

/** Where the main checkout is, for a linked worktree of one. */
const mainOf = (path: string): { readonly main?: string } => {
  const common = layoutOf(path)?.commonDir
  if (common === undefined || basename(common) !== ".git") return {}
  const main = dirname(realpathSync(common))
  return main === path ? {} : { main }
}

/** git answers "there is none" by failing. */
const ifNone = (asked: Effect.Effect<string, GitFailed | GitMissing>): Effect.Effect<string, GitMissing> =>
  Effect.catchTag(asked, "GitFailed", () => Effect.succeed(""))

const isBare = (folder: string): boolean =>
  existsSync(join(folder, "HEAD")) && existsSync(join(folder, "objects")) && existsSync(join(folder, "refs"))
