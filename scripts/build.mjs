// Bundles the program into dist/: one entry that loads the rest in parts, so that a command loads only what it needs.
import { chmodSync, readFileSync, rmSync } from "node:fs"
import { build } from "esbuild"

const { version, dependencies } = JSON.parse(readFileSync("package.json", "utf8"))

// Left outside: native code, and libraries that only some commands load, by a dynamic import.
const external = ["better-sqlite3", "chokidar", "simple-git", "ssh2"]
for (const name of [...external, "dockerode"])
  if (!(name in dependencies)) throw new Error(`${name} is not a dependency any more`)

rmSync("dist", { recursive: true, force: true })
const common = {
  outdir: "dist",
  bundle: true,
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
  logLevel: "warning"
}

// What a hook runs is one file of its own: an agent waits for it, and each part takes milliseconds to find and link. So is what runs an
// ordinary command in a workspace.
const quickApart = {
  name: "quick-apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/(?:hook|quickExec)\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import"
        ? { path: `./${path.split("/").at(-1).replace(".ts", ".js")}`, external: true }
        : undefined
    )
}
// dockerode loads gRPC for BuildKit's sessions and all of ssh2 for DOCKER_HOST=ssh://…, which takes longer than most commands:
// each is found where it is installed when it is called for the first time.
const engineApart = {
  name: "engine-apart",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\.\/(?:session|buildkit|ssh)$/ }, ({ path, importer }) => {
      const [, name] = /node_modules\/(dockerode|docker-modem)\/lib\/[a-z]+\.js$/.exec(importer) ?? []
      return name === undefined ? undefined : { path: `${name}/lib/${path.slice(2)}`, namespace: "apart" }
    })
    onLoad({ filter: /.*/, namespace: "apart" }, ({ path }) => ({
      contents: `const load = () => require("node:module").createRequire(require.resolve("dockerode"))(${JSON.stringify(path)})
module.exports = ${path.endsWith("/buildkit") ? "new Proxy({}, { get: (_, key) => load()[key] })" : "(...given) => load()(...given)"}`,
      loader: "js"
    }))
  }
}
const results = await Promise.all([
  build({
    ...common,
    entryPoints: { nexus: "src/cli/bin.ts" },
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    plugins: [quickApart, engineApart]
  }),
  build({ ...common, entryPoints: { hook: "src/cli/hook.ts" }, sourcesContent: false }),
  build({
    ...common,
    entryPoints: { quickExec: "src/cli/workspace/quickExec.ts" },
    splitting: true,
    chunkNames: "chunks/[name]-[hash]"
  })
])
chmodSync("dist/nexus.js", 0o755)
const outputs = results.flatMap(({ metafile }) => Object.entries(metafile.outputs))
const code = outputs.filter(([name]) => name.endsWith(".js"))
console.log(
  `dist/: ${code.length} files, ${Math.round(code.reduce((sum, [, { bytes }]) => sum + bytes, 0) / 1024)} KiB of code`
)
