// Builds the extension for VS Code and Cursor: integrations/cursor-extension/dist/nexus.vsix. Its packager is large (about 100 MB), so
// that it is installed beside the extension, once, and only when the extension is built.
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"

const root = join(import.meta.dirname, "..")
const home = join(root, "integrations/cursor-extension")
const vsce = join(home, "node_modules/@vscode/vsce/vsce")
const stage = join(home, "dist/stage")
const vsix = join(home, "dist/nexus.vsix")

if (!existsSync(vsce)) {
  // Signing packages needs a program of its own, which an install script would get; packing does not.
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: home, stdio: "inherit" })
}

rmSync(join(home, "dist"), { recursive: true, force: true })
mkdirSync(stage, { recursive: true })
await build({
  entryPoints: [join(home, "src/extension.ts")],
  outfile: join(stage, "dist/extension.js"),
  bundle: true,
  // Editors of 1.90 bring Node 20.
  target: "node20",
  platform: "node",
  format: "cjs",
  external: ["vscode"],
  minify: true,
  logLevel: "warning"
})

// Only what the editor needs to know, with the version of Nexus. What is bundled is CommonJS, which editors of 1.90 can load.
const {
  devDependencies: _,
  private: __,
  type: ___,
  ...manifest
} = JSON.parse(readFileSync(join(home, "package.json"), "utf8"))
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
writeFileSync(
  join(stage, "package.json"),
  `${JSON.stringify({ ...manifest, version, files: ["dist", "media", "LICENSE", "README.md"] }, null, 2)}\n`
)
cpSync(join(home, "media"), join(stage, "media"), { recursive: true })
cpSync(join(home, "README.md"), join(stage, "README.md"))
cpSync(join(root, "LICENSE"), join(stage, "LICENSE"))

const args = ["package", "--no-dependencies", "--allow-missing-repository", "--out", vsix]
execFileSync(process.execPath, [vsce, ...args], { cwd: stage, stdio: ["ignore", "ignore", "inherit"] })
console.log(`${vsix}: ${Math.ceil(statSync(vsix).size / 1024)} KiB`)
