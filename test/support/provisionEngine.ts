/** Before all tests: what those of workspaces need. Under CI=true it is installed, and missing is a failure; see scripts/provision.mjs. */
import { provision } from "../../scripts/provision.mjs"

export default async function setup(): Promise<() => Promise<void>> {
  const { lacks, stop } = await provision({ say: (words) => process.stderr.write(`provision: ${words}\n`) })
  if (lacks !== undefined && process.env["CI"] === "true") throw new Error(lacks)
  return stop
}
