// Bundles the program into dist/: one entry that loads the rest in parts, so that a command loads only what it needs.
import { chmodSync, readFileSync, rmSync } from "node:fs"
import { build } from "esbuild"

const { version, dependencies } = JSON.parse(readFileSync("package.json", "utf8"))

// Left outside: native code, and libraries that only some commands load, by a dynamic import.
const external = ["better-sqlite3", "chokidar", "dockerode", "simple-git", "ssh2"]
for (const name of external) if (!(name in dependencies)) throw new Error(`${name} is not a dependency any more`)

rmSync("dist", { recursive: true, force: true })
const result = await build({
  entryPoints: { nexus: "src/cli/bin.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  // jsonc-parser's CommonJS form cannot be bundled.
  mainFields: ["module", "main"],
  minify: true,
  keepNames: false,
  sourcemap: "linked",
  metafile: true,
  external,
  define: { NEXUS_VERSION: JSON.stringify(version) },
  banner: {
    // For CommonJS libraries inside the bundle.
    js: 'import{createRequire as nexusRequire}from"node:module";const require=nexusRequire(import.meta.url);'
  },
  chunkNames: "chunks/[name]-[hash]",
  logLevel: "warning"
})
chmodSync("dist/nexus.js", 0o755)
const bytes = Object.values(result.metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0)
const code = Object.entries(result.metafile.outputs).filter(([name]) => name.endsWith(".js"))
console.log(
  `dist/: ${code.length} files, ${Math.round(code.reduce((sum, [, { bytes }]) => sum + bytes, 0) / 1024)} KiB of code`,
  bytes > 0 ? "" : ""
)
