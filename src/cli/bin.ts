#!/usr/bin/env node
/** What `nexus` runs first. It loads only what the command line asks for. */
import { mkdirSync } from "node:fs"
// Not by name: Node 20 has no such export, and would not even start to say that it is too old.
import * as modules from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"
import { print } from "./print.ts"
import { takeGlobals } from "./takeGlobals.ts"

declare const NEXUS_VERSION: string | undefined

const args = process.argv.slice(2)
const { rest } = takeGlobals(args)
const isHook = rest[0] === "hook"

if (Number(process.versions.node.split(".")[0]) < 24) {
  print(2, `nexus: Node ${process.version} is too old; Node 24 or later is needed.\n`)
  process.exitCode = isHook ? 0 : 6
} else if (rest.length === 1 && rest[0] === "--version" && typeof NEXUS_VERSION === "string") {
  print(1, `${NEXUS_VERSION}\n`)
} else {
  cacheCompiledCode()
  // A hook has an agent waiting for it, and needs none of the command line's machinery.
  const { main } = await mainOf(rest)
  await main(args)
}

function mainOf([command, second, ...more]: ReadonlyArray<string>) {
  if (isHook) return import("./hook.ts")
  if (command === "status" && second === undefined) return import("./quickStatus.ts")
  if (command === "workspace" && second === "list") return import("./workspace/quickList.ts")
  if (command === "workspace" && second === "exec") return { main: exec }
  if (command === "workspace" && second === "keep") return import("./workspace/keep.ts")
  if (command === "workspace" && second === "sync" && more[0] === "watch") return import("./workspace/syncWatch.ts")
  if (command === "workspace" && second === "guard") return import("./workspace/guard.ts")
  if (command === "workspace" && second === "ssh") return import("./workspace/ssh.ts")
  if (command === "workspace") return import("./workspace/main.ts")
  const isTrace = command === "trace" && more.length > 0
  if (isTrace && second === "blame") return import("./quickBlame.ts")
  return isTrace && second === "query" ? import("./quickQuery.ts") : import("./main.ts")
}

/** In the quick way, where it is an ordinary one. */
async function exec(args: ReadonlyArray<string>): Promise<void> {
  const { quickly } = await import("./workspace/quickExec.ts")
  const outcome = await quickly(args)
  if (outcome.kind === "done") return
  if (outcome.kind === "proper") return (await import("./workspace/exec.ts")).main(args)
  return (await import("./workspace/execFailed.ts")).execFailed(args, outcome)
}

/** In the user's own cache folder: one that others can write to could be made to run their code. */
function cacheCompiledCode(): void {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache")
  try {
    const folder = join(base, "nexus", "compiled")
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    modules.enableCompileCache(folder)
  } catch {
    // Without a cache the start is slower, and nothing else.
  }
}
