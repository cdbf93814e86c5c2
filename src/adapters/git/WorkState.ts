/**
 * How a checkout's files are: the tree that they make, what is not committed, and what of a commit is gone. Asked of git by one
 * fixed script, and without anything else of ours being loaded, so that a hook can begin with it before it does anything else.
 */
import { spawn } from "node:child_process"
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layoutOf } from "./Layout.ts"
import { environment, plainly, questioning, settings } from "./Settings.ts"

/** Texts as git prints them. `gone` null: no commit was asked about. */
export interface WorkState {
  readonly tree: string
  readonly status: string
  readonly gone: string | null
}

/** git-status(1) as it is asked for what is not committed. */
export const statusOf = [
  "status",
  "--porcelain=v2",
  "-z",
  "--untracked-files=all",
  "--no-ahead-behind",
  "--ignore-submodules=dirty"
]

/** git-diff-tree(1). An empty file is like any other, and says nothing of where it came from. */
export const renamesAndDeletions = [
  "diff-tree",
  "-r",
  "-z",
  "-M",
  "--no-rename-empty",
  "--diff-filter=DR",
  "--name-status"
]

/** With the checkout's index' knowledge of what files were like, git reads only those that changed. */
export const asideFrom = (checkout: string, folder: string): Readonly<Record<string, string>> => {
  const { gitDir = "", commonDir = "" } = layoutOf(checkout) ?? {}
  const index = join(folder, "index")
  if (existsSync(join(gitDir, "index"))) copyFileSync(join(gitDir, "index"), index)
  return {
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: folder,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(commonDir, "objects"))
  }
}

/** The questions, one after another. The first two arguments are a folder for the answers and a commit or "". */
const script = `folder=$1 base=$2
shift 2
(unset GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
  git "$@" ${statusOf.join(" ")}) >"$folder/status" || exit
git "$@" add --all || exit
git "$@" write-tree >"$folder/tree" || exit
[ -z "$base" ] || git "$@" ${renamesAndDeletions.join(" ")} "$base" "$(cat "$folder/tree")" >"$folder/gone"`

interface Look {
  readonly checkout: string
  readonly base: string | null
  /** Undefined where git could not tell. */
  readonly take: () => Promise<WorkState | undefined>
}

let begun: Look | undefined

/** An answer of so long ago, in milliseconds, is asked for again: the files may have changed meanwhile. */
const fresh = 1000

/** Begins to look, and goes on meanwhile. What it finds waits for `looked`. */
export const beginLook = (checkout: string, base: string | null): void => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-tree-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const child = spawn("/bin/sh", ["-c", script, "sh", folder, base ?? "", ...settings, ...plainly], {
    cwd: checkout,
    env: { ...environment(), ...questioning, ...asideFrom(checkout, folder) },
    stdio: "ignore",
    // With a process group of its own, all of it can be ended.
    detached: true
  })
  const abandon = () => {
    try {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid)
    } catch {
      // It has just ended.
    }
    remove()
  }
  let ended = 0
  const done = new Promise<WorkState | undefined>((resolve) => {
    child.on("error", () => resolve(undefined))
    child.on("exit", (code) => {
      ended = performance.now()
      resolve(code === 0 ? stateIn(folder, base) : undefined)
    })
  }).finally(() => {
    remove()
    process.removeListener("exit", abandon)
  })
  process.on("exit", abandon)
  child.unref()
  begun = {
    checkout,
    base,
    take: async () => {
      child.ref()
      const state = await done
      return performance.now() - ended > fresh ? undefined : state
    }
  }
}

/** What was begun for this checkout, and for this commit where one is named; undefined where it has to be asked for anew. */
export const looked = (checkout: string, base?: string | null): Promise<WorkState | undefined> | undefined =>
  begun?.checkout === checkout && (base === undefined || begun.base === base) ? begun.take() : undefined

const stateIn = (folder: string, base: string | null): WorkState | undefined => {
  const text = (name: string): string => readFileSync(join(folder, name), "utf8")
  try {
    return { tree: text("tree").trim(), status: text("status"), gone: base === null ? null : text("gone") }
  } catch {
    // Somebody emptied the temporary folder: it is asked for anew.
    return undefined
  }
}
