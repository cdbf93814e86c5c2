/** One operation on the store in a process of its own: `once.ts STORE OPERATION ARGUMENTS-AS-JSON`. Prints the answer. */
import * as Effect from "effect/Effect"
import * as StoredTrees from "../../../../src/adapters/trees/StoredTrees.ts"
import { collect } from "../../../../src/adapters/trees/Collect.ts"
import * as Store from "../../../../src/adapters/trees/Store.ts"
import { type TreeFailure, TreeStore } from "../../../../src/app/ports/TreeStore.ts"

const [folder = "", name = "", args = "[]"] = process.argv.slice(2)
const given = JSON.parse(args) as ReadonlyArray<any>

process.stdout.write("started\n")
if (name === "collectAll") {
  const store = Store.open(folder)
  collect(store, given as ReadonlyArray<string>, Date.now() + 1, 0)
  store.close()
} else {
  const answer = await Effect.runPromise(
    Effect.flatMap(TreeStore, (trees): Effect.Effect<unknown, TreeFailure> => {
      const operation: (...args: ReadonlyArray<any>) => Effect.Effect<unknown, TreeFailure> =
        trees[name as keyof typeof TreeStore.Service]
      return operation(...given)
    }).pipe(Effect.provide(StoredTrees.layer(folder)))
  )
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
