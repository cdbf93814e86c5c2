/** Before all tests: the tests of the command line run the built program, so it must be there and as new as its sources. */
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"

export default function setup(): void {
  const built = join(import.meta.dirname, "../../dist/nexus.js")
  const newest = readdirSync(join(import.meta.dirname, "../../src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
  if (!existsSync(built) || statSync(built).mtimeMs < newest) {
    throw new Error("dist/ is missing or older than src/: run npm run build first (npm test does).")
  }
}
