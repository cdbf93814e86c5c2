/** Workspaces' worktrees through git. */
import * as Layer from "effect/Layer"
import { Worktrees } from "../../app/ports/Worktrees.ts"
import { add } from "./worktrees/Add.ts"
import { committed } from "./worktrees/Committed.ts"
import { diff } from "./worktrees/Diff.ts"
import { exchange } from "./worktrees/Exchange.ts"
import { inspect } from "./worktrees/Inspect.ts"
import { mend } from "./worktrees/Mend.ts"
import { merge, mergesInto } from "./worktrees/Merge.ts"
import { plan } from "./worktrees/Plan.ts"
import { mounts } from "./worktrees/Private.ts"
import { promote } from "./worktrees/Promote.ts"
import { remove } from "./worktrees/Remove.ts"
import { gitDirectoryOf, repositoryOf } from "./worktrees/Where.ts"

export const layer = Layer.succeed(Worktrees, {
  repositoryOf,
  gitDirectoryOf,
  plan,
  committed,
  add,
  mounts,
  inspect,
  mend,
  remove,
  exchange,
  diff,
  merge,
  mergesInto,
  promote
})
