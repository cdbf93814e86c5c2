/** The folders in a worktree that volumes are seen at: the engine would make them root's. */
import { chownSync, lstatSync, mkdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { BackendFailed, Order } from "../../app/ports/Backend.ts"
import { failed } from "./EngineFailure.ts"

/** Made as the worktree's owner's where they are missing. A link in the way is refused, wherever it leads. */
export const ensureFolders = ({ folder, spec, owner }: Order): Effect.Effect<void, BackendFailed> =>
  Effect.forEach(
    spec.volumes.filter(({ path }) => !path.startsWith("/")),
    ({ path }) =>
      Effect.try({
        try: () => {
          let place = realpathSync(folder)
          for (const name of path.split("/").filter((part) => part !== "" && part !== ".")) {
            place = join(place, name)
            const found = lstatSync(place, { throwIfNoEntry: false })
            if (name === ".." || found?.isDirectory() === false) return place
            if (found !== undefined) continue
            mkdirSync(place, { mode: 0o755 })
            if (process.getuid?.() === 0) chownSync(place, owner.uid, owner.gid)
          }
          return undefined
        },
        catch: (cause) => failed("make a volume's folder", "failed", String(cause))
      }).pipe(
        Effect.flatMap((inTheWay) =>
          inTheWay === undefined
            ? Effect.void
            : Effect.fail(
                failed("make a volume's folder", "refused", `${inTheWay} is no folder, so no volume can be seen there.`)
              )
        )
      ),
    { discard: true }
  )
