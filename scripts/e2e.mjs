// Runs the tests that drive real clients. Where this user may, in a network with nothing but the machine itself, which shows that
// no client needs more; elsewhere with the network as it is.
import { spawnSync } from "node:child_process"
import { join } from "node:path"

const vitest = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs")
const tests = [process.execPath, vitest, "run", "--config", "vitest.e2e.config.ts", ...process.argv.slice(2)]

// A new network has its loopback interface down.
const alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
const mayBeAlone = spawnSync(alone[0], [...alone.slice(1), "true"], { stdio: "ignore" }).status === 0
const [command, ...args] = mayBeAlone ? [...alone, ...tests] : tests
console.log(
  mayBeAlone
    ? "Without any network but the loopback interface."
    : "With the network as it is: unshare is not allowed here."
)
const { status } = spawnSync(command, args, { stdio: "inherit" })
process.exitCode = status ?? 1
