/** Which files of a git directory are the state of its worktree (gitrepository-layout(5), git-worktree(1), "DETAILS"; git 2.47). */
import { hashOf } from "./Entries.ts"
import { type Order, type Scanned, scan } from "./Scan.ts"

const files: ReadonlySet<string> = new Set([
  "HEAD",
  "index",
  "ORIG_HEAD",
  "MERGE_HEAD",
  "MERGE_MSG",
  "MERGE_MODE",
  "MERGE_RR",
  "MERGE_AUTOSTASH",
  "AUTO_MERGE",
  "SQUASH_MSG",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "REBASE_HEAD",
  "BISECT_ANCESTORS_OK",
  "BISECT_EXPECTED_REV",
  "BISECT_FIRST_PARENT",
  "BISECT_HEAD",
  "BISECT_LOG",
  "BISECT_NAMES",
  "BISECT_RUN",
  "BISECT_START",
  "BISECT_TERMS",
  "config.worktree",
  "info/sparse-checkout",
  "logs/HEAD"
])

const folders: ReadonlySet<string> = new Set([
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "refs/bisect",
  "refs/worktree",
  "refs/rewritten",
  "logs/refs/bisect",
  "logs/refs/worktree",
  "logs/refs/rewritten"
])

const above: ReadonlySet<string> = new Set(["info", "logs", "logs/refs", "refs"])

/** As `Order.over` wants it: a folder of which everything is state is named as something else than a folder. */
const isState = (path: string): { readonly type: "d" | "f" } | undefined =>
  above.has(path)
    ? { type: "d" }
    : files.has(path) || folders.has(path) || /^sharedindex\.[0-9a-f]+$/.test(path)
      ? { type: "f" }
      : undefined

/** `put` absent: nothing is stored. */
export const stateFiles = (
  folder: string,
  own: Order["own"],
  put?: (bytes: Buffer) => string,
  putFolder?: (bytes: Buffer) => string
): Scanned =>
  scan({
    folder,
    ignored: false,
    only: true,
    mostFiles: Number.POSITIVE_INFINITY,
    mostBytes: Number.POSITIVE_INFINITY,
    over: isState,
    own,
    known: undefined,
    put: put ?? hashOf,
    putFolder: putFolder ?? hashOf,
    isStored: () => false,
    stores: () => put !== undefined
  })
