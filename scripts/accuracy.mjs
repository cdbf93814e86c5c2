// npm run accuracy [-- --json] [-- FILE…]: runs the scenarios of test/accuracy and prints how well attribution did.
// Exit code 1 when a scenario fails.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const args = process.argv.slice(2)
const asJson = args.includes("--json")
const files = args.filter((arg) => !arg.startsWith("--"))

const folder = mkdtempSync(join(tmpdir(), "nexus-accuracy-"))
try {
  const tests = report(files.length === 0 ? ["test/accuracy/scenarios"] : files)
  const result = resultOf(tests)
  console.log(asJson ? JSON.stringify(result, null, 2) : table(result))
  process.exitCode = result.failed.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** What vitest says of each test: its title, whether it passed, and the score that `scenario` left with it. */
function report(paths) {
  const file = join(folder, "report.json")
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const ran = spawnSync(process.execPath, [vitest, "run", "--reporter=json", `--outputFile=${file}`, ...paths], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024
  })
  try {
    return JSON.parse(readFileSync(file, "utf8")).testResults.flatMap(({ assertionResults }) => assertionResults)
  } catch (cause) {
    throw new Error(`The scenarios could not be run:\n${ran.stdout}${ran.stderr}`, { cause })
  }
}

function resultOf(tests) {
  const scenarios = new Map()
  const score = {}
  for (const { title, status, meta } of tests) {
    const number = meta?.accuracy?.scenario ?? Number.parseInt(title, 10)
    scenarios.set(number, (scenarios.get(number) ?? true) && status === "passed")
    for (const [name, count] of Object.entries(meta?.accuracy?.score ?? {})) score[name] = (score[name] ?? 0) + count
  }
  return {
    scenarios: { all: scenarios.size, passed: [...scenarios.values()].filter(Boolean).length },
    tests: { all: tests.length, passed: tests.filter(({ status }) => status === "passed").length },
    ...score,
    failed: tests.filter(({ status }) => status !== "passed").map(({ title }) => title)
  }
}

function table(result) {
  const share = (part, whole) => (whole === 0 ? "" : `${((100 * part) / whole).toFixed(1)} %`)
  const rows = [
    [
      "scenarios passed",
      `${result.scenarios.passed} of ${result.scenarios.all}`,
      share(result.scenarios.passed, result.scenarios.all)
    ],
    ["tests passed", `${result.tests.passed} of ${result.tests.all}`, share(result.tests.passed, result.tests.all)],
    ["lines asked about", String(result.lines ?? 0), ""],
    [
      "AI lines found",
      `${result.aiFound ?? 0} of ${result.aiLines ?? 0}`,
      share(result.aiFound ?? 0, result.aiLines ?? 0)
    ],
    [
      "models right",
      `${result.modelsRight ?? 0} of ${result.aiFound ?? 0}`,
      share(result.modelsRight ?? 0, result.aiFound ?? 0)
    ],
    ["false AI lines", String(result.falseAi ?? 0), ""],
    ["false human lines", String(result.falseHuman ?? 0), ""],
    ["unknown, though it can be known", String(result.unknown ?? 0), ""]
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map(([name, count, part]) =>
    `${name.padEnd(widths[0])}  ${count.padStart(widths[1])}  ${part.padStart(widths[2])}`.trimEnd()
  )
  const failed = result.failed.length === 0 ? [] : ["", "failed:", ...result.failed.map((title) => `  ${title}`)]
  return [...lines, ...failed].join("\n")
}
