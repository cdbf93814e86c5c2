/** The store of checkpoints' trees, opened when it is first used and closed with the layer. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type TreeFailure, TreeStore } from "../../app/ports/TreeStore.ts"
import * as Archives from "./Archives.ts"
import * as Bundle from "./Bundle.ts"
import { collect } from "./Collect.ts"
import { changes, differences } from "./Difference.ts"
import { attempt } from "./Failures.ts"
import { bringCommits, restoreGit } from "./GitRestore.ts"
import { keepGit, type LastStates } from "./GitState.ts"
import { find, keep, memory } from "./Keep.ts"
import { given } from "./Paths.ts"
import { restore } from "./Restore.ts"
import { madeRoot, rootOf } from "./Roots.ts"
import * as Store from "./Store.ts"
import { check, load } from "./Trees.ts"

/** `folder`: where the store is to be. */
export const layer = (folder: string): Layer.Layer<TreeStore> =>
  Layer.scoped(
    TreeStore,
    Effect.gen(function* () {
      let open: Store.Store | undefined
      yield* Effect.addFinalizer(() => Effect.sync(() => open?.close()))
      const seen = memory()
      const states: LastStates = new Map()
      const using = <A>(
        operation: string,
        path: string,
        body: (store: Store.Store) => A
      ): Effect.Effect<A, TreeFailure> => attempt(operation, path, () => body((open ??= Store.open(folder))))
      return {
        keepFiles: (checkout, selection) =>
          using("Keeping the files", checkout, (store) =>
            keep(store, seen, rootOf("Keeping the files", checkout), selection)
          ),
        keepGit: (gitDirectory) =>
          using("Keeping the git state", gitDirectory, (store) =>
            keepGit(store, states, rootOf("Keeping the git state", gitDirectory))
          ),
        check: (hash) =>
          using("Checking", hash, (store) => (Archives.isArchive(store, hash) ? Archives.check : check)(store, hash)),
        restoreFiles: (hash, checkout, undo) =>
          using("Restoring", checkout, (store) => restore(store, seen, hash, madeRoot("Restoring", checkout), undo)),
        restoreGit: (hash, gitDirectory) =>
          using("Restoring the git state", gitDirectory, (store) =>
            restoreGit(store, hash, rootOf("Restoring the git state", gitDirectory))
          ),
        bringCommits: (hash, gitDirectory) =>
          using("Bringing the commits", gitDirectory, (store) => bringCommits(store, hash, gitDirectory)),
        diff: (from, to) =>
          using("Comparing", `${from} and ${to}`, (store) => {
            const [one, other] = [load(store, from), load(store, to)]
            return changes(differences(one.entries, other.entries, { from: one.open, to: other.open }))
          }),
        file: (hash, path) =>
          using("Reading", path, (store) => {
            const tree = load(store, hash)
            const entry = find(tree, given(path))
            return entry === undefined || entry.type === "d" ? undefined : Buffer.concat([...tree.content(entry)])
          }),
        keepArchive: (file, made) => using("Keeping an archive", file, (store) => Archives.keep(store, file, made)),
        archive: (hash, to) => using("Writing an archive", to, (store) => Archives.writeOut(store, hash, to)),
        pack: (hashes, to) => using("Packing", to, (store) => Bundle.pack(store, hashes, to)),
        unpack: (from) => using("Unpacking", from, (store) => Bundle.unpack(store, from)),
        collect: (kept) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            using("Cleaning the store", folder, (store) => collect(store, kept, now))
          )
      }
    })
  )
