/** Files that change, through chokidar. What git ignores is not watched, as far as it is there when the watch begins. */
import { join, sep } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { FileWatcher, WatchFailed } from "../../app/ports/FileWatcher.ts"
import * as Git from "../git/Git.ts"

export const layer = Layer.succeed(FileWatcher, {
  changes: (checkout) =>
    Stream.asyncPush<void, WatchFailed>(
      (emit) =>
        Effect.acquireRelease(
          Effect.gen(function* () {
            // Loaded when needed: no other command does.
            const { watch } = yield* Effect.promise(() => import("chokidar"))
            const ignored = yield* ignoredIn(checkout)
            return watch(checkout, {
              ignoreInitial: true,
              followSymlinks: false,
              ignored: (path) => path.split(sep).includes(".git") || ignored.has(path)
            })
              .on("ready", () => emit.single(undefined))
              .on("all", () => emit.single(undefined))
              .on("error", (cause) =>
                emit.fail(new WatchFailed({ checkout, detail: cause instanceof Error ? cause.message : String(cause) }))
              )
          }),
          // Here and in none of its own handlers, where it would wait for itself.
          (watcher) => Effect.promise(() => watcher.close())
        ),
      { bufferSize: 1, strategy: "sliding" }
    )
})

/** Absolute paths, folders as such. */
const ignoredIn = (checkout: string): Effect.Effect<ReadonlySet<string>, WatchFailed> =>
  Git.text(checkout, ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"]).pipe(
    Effect.mapError(({ message }) => new WatchFailed({ checkout, detail: message })),
    Effect.map((listed) => {
      const paths = listed.split("\0").filter(Boolean)
      return new Set(paths.map((path) => join(checkout, path.replace(/\/$/, ""))))
    })
  )
