/** What the rows of one run share: the workload, temporary folders, the parts that run as processes of their own. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { packageFile } from "../src/events/PackageFile.ts"
import { record, type Workload } from "./Workload.ts"

export interface Bench {
  readonly workload: Workload
  /** For a quick look: less of everything. */
  readonly quick: boolean
  /** A million, or fewer for a quick look. */
  readonly large: number
  /** A new folder, gone after the run. */
  readonly folder: () => string
  /** Another number each time. */
  readonly next: () => number
  readonly note: (text: string) => void
  readonly program: string
  /** Runs a task of `child.ts` in a process of its own, to its end; answers what it printed. */
  readonly child: <A>(task: string, ...args: ReadonlyArray<string>) => Promise<A>
  /** The bundle of `child.ts` or `launcher.ts`. */
  readonly bundle: (name: "child" | "launcher") => string
}

export const make = async (quick: boolean, note: (text: string) => void): Promise<Bench & AsyncDisposable> => {
  const root = mkdtempSync(join(tmpdir(), "nexus-bench-"))
  const bundles = await bundle()
  let count = 0
  const next = () => ++count
  return {
    workload: await record(),
    quick,
    large: quick ? 100_000 : 1_000_000,
    next,
    note,
    program: packageFile("dist", "nexus.js"),
    folder: () => {
      const folder = join(root, String(next()))
      mkdirSync(folder)
      return folder
    },
    bundle: (name) => join(bundles, `${name}.mjs`),
    child: async <A>(task: string, ...args: ReadonlyArray<string>) => {
      const child = spawn(process.execPath, [join(bundles, "child.mjs"), task, ...args], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      let text = ""
      child.stdout.on("data", (chunk) => (text += String(chunk)))
      const [code] = (await once(child, "close")) as [number]
      if (code !== 0) throw new Error(`${task} ended with exit code ${code}`)
      return JSON.parse(text) as A
    },
    [Symbol.asyncDispose]: async () => {
      rmSync(root, { recursive: true, force: true })
      rmSync(bundles, { recursive: true, force: true })
    }
  }
}

/** Built as the program is, so that memory and start are the program's and not those of stripping types. */
const bundle = async (): Promise<string> => {
  const cache = packageFile("node_modules", ".cache")
  mkdirSync(cache, { recursive: true })
  const outdir = mkdtempSync(join(cache, "nexus-bench-"))
  await build({
    entryPoints: [packageFile("bench", "child.ts"), packageFile("bench", "launcher.ts")],
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    outExtension: { ".js": ".mjs" },
    external: ["better-sqlite3", "simple-git"],
    banner: {
      js: 'import{createRequire as benchRequire}from"node:module";const require=benchRequire(import.meta.url);'
    },
    logLevel: "warning"
  })
  return outdir
}

/** Builds the program into dist/. */
export const buildProgram = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [packageFile("scripts", "build.mjs")], {
    cwd: packageFile("."),
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`the build failed: ${stderr}`)
}
