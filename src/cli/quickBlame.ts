/** `nexus trace blame FILE` without the command line's machinery, and without deriving again what is known: editors ask it often. */
import { lstatSync, readdirSync, readFileSync } from "node:fs"
import { join, relative, resolve, sep } from "node:path"
import { styleText } from "node:util"
import Sqlite from "better-sqlite3"
import { checkoutOf } from "../adapters/git/Checkout.ts"
import { fingerprintOf, indexStateOf } from "../adapters/git/Layout.ts"
import { type Grounds, recall } from "../app/trace/AnswerCache.ts"
import { type Home, locate } from "../events/Home.ts"
import { print } from "./print.ts"
import { takeGlobals } from "./takeGlobals.ts"
import { blameLines } from "./trace/blameLines.ts"
import { version } from "./version.ts"

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  const files = globals.rest.slice(2).filter((word) => word !== "--worktree")
  const [file, ...more] = files
  if (file === undefined || files.some((word) => word.startsWith("-"))) {
    const { main } = await import("./main.ts")
    return main(args)
  }
  const known = more.length > 0 ? undefined : answer(file, locate(globals.home, process.env))
  if (known === undefined) {
    const [{ run }, { showBlame }] = await Promise.all([import("./run.ts"), import("./trace/showBlame.ts")])
    return run(
      showBlame(
        files.map((one) => ({ file: one })),
        false
      ),
      globals
    )
  }
  const style = (how: Parameters<typeof styleText>[0], text: string) => styleText(how, text, { stream: process.stdout })
  const interactive = process.stdin.isTTY && process.stdout.isTTY
  const lines = globals.json
    ? [JSON.stringify(known, null, process.stdout.isTTY ? 2 : undefined)]
    : blameLines([known], { porcelain: false, interactive, style })
  print(1, lines.map((line) => `${line}\n`).join(""))
}

/** Undefined when anything is not as it was: then it is derived, or the failure told, by the command itself. */
const answer = (file: string, home: Home) => {
  try {
    const checkout = checkoutOf(process.cwd())
    // What hooks delivered since then may change the answer.
    if (checkout === undefined || readdirSync(join(home.spool, "new")).length > 0) return undefined
    const absolute = resolve(file)
    if (!lstatSync(absolute).isFile()) return undefined
    const path = relative(checkout.top, absolute).split(sep).join("/")
    const grounds: Grounds = {
      version,
      checkout: checkout.path,
      path,
      head: headOf(home.log),
      repository: fingerprintOf(checkout.path),
      index: indexStateOf(checkout.path),
      bytes: readFileSync(absolute)
    }
    return recall(home.path, grounds)
  } catch {
    return undefined
  }
}

const headOf = (log: string): string => {
  const sqlite = new Sqlite(log, { readonly: true, fileMustExist: true })
  try {
    return String(sqlite.prepare("SELECT hash FROM events ORDER BY position DESC LIMIT 1").pluck().get())
  } finally {
    sqlite.close()
  }
}
