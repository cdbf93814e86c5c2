/** That something may have changed in a folder of this machine, through chokidar. */
import { relative, sep } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Ignores, SideFailed } from "../../../app/ports/SyncSide.ts"
import type { SideName } from "../../../domain/sync/Entry.ts"
import { ownFolder } from "../../../domain/sync/Names.ts"

export const hintsOf = (side: SideName, root: string, ignores: Ignores): Stream.Stream<void, SideFailed> =>
  Stream.asyncPush<void, SideFailed>(
    (emit) =>
      Effect.acquireRelease(
        Effect.promise(async () => {
          // Loaded when needed: no other command does.
          const { watch } = await import("chokidar")
          return watch(root, {
            ignoreInitial: true,
            followSymlinks: false,
            ignored: (absolute, stats) => {
              const path = relative(root, absolute).split(sep).join("/")
              if (path === "") return false
              return (
                path === ownFolder || path.startsWith(`${ownFolder}/`) || ignores(path, stats?.isDirectory() ?? false)
              )
            }
          })
            .on("ready", () => emit.single(undefined))
            .on("all", () => emit.single(undefined))
            .on("error", (cause) =>
              emit.fail(
                new SideFailed({
                  side,
                  operation: "watch",
                  path: "",
                  kind: "failed",
                  detail: cause instanceof Error ? cause.message : String(cause)
                })
              )
            )
        }),
        // Here and in none of its own handlers, where it would wait for itself.
        (watcher) => Effect.promise(() => watcher.close())
      ),
    { bufferSize: 1, strategy: "sliding" }
  )
