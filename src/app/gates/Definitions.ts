/** Which gates a project has: those of its configuration, and the check that its own files tell of. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Gate } from "../../domain/boulder/Gates.ts"
import type { Config } from "../Config.ts"

/** Ten minutes, as long as a project's own checks may take by default. */
export const defaultTimeout = 600_000

/** By name. A gate of the configuration takes the place of one that was found. */
export const gatesOf = (checkout: string, config: Config): ReadonlyArray<Gate> => {
  const found = foundIn(checkout)
  const gates = new Map(found === undefined ? [] : [["ci", found]])
  for (const [name, { command, timeout = defaultTimeout, origin }] of Object.entries(config.gates))
    gates.set(name, { name, command, timeout, origin })
  return [...gates.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The first of these that there is: what the project itself calls its checks comes before what its language suggests. */
const foundIn = (checkout: string): Gate | undefined => {
  const text = (file: string): string => {
    try {
      return readFileSync(join(checkout, file), "utf8")
    } catch {
      return ""
    }
  }
  const scripts = scriptsIn(text("package.json"))
  const has = (file: string, pattern: RegExp): boolean => pattern.test(text(file))
  const taskfile = ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"].find((file) =>
    has(file, /^ {2,4}ci:/m)
  )
  const ways: ReadonlyArray<readonly [holds: boolean, command: ReadonlyArray<string>, origin: string]> = [
    [taskfile !== undefined, ["task", "ci"], taskfile ?? ""],
    [has("justfile", /^ci\b[^=\n]*:/m), ["just", "ci"], "justfile"],
    [has("Makefile", /^ci\s*:/m), ["make", "ci"], "Makefile"],
    ["ci" in scripts, ["npm", "run", "ci"], "package.json"],
    ["test" in scripts && !/no test specified/.test(scripts["test"] ?? ""), ["npm", "test"], "package.json"],
    [has("Makefile", /^(?:test|check)\s*:/m), ["make", has("Makefile", /^test\s*:/m) ? "test" : "check"], "Makefile"],
    [existsSync(join(checkout, "go.mod")), ["go", "test", "./..."], "go.mod"],
    [existsSync(join(checkout, "Cargo.toml")), ["cargo", "test"], "Cargo.toml"],
    [existsSync(join(checkout, "pom.xml")), ["mvn", "-q", "verify"], "pom.xml"],
    [
      has("pyproject.toml", /pytest/) || existsSync(join(checkout, "pytest.ini")),
      ["python3", "-m", "pytest", "-q"],
      "pyproject.toml"
    ]
  ]
  const way = ways.find(([holds]) => holds)
  return way === undefined
    ? undefined
    : { name: "ci", command: way[1], timeout: defaultTimeout, origin: `found by ${way[2]}` }
}

const scriptsIn = (text: string): Readonly<Record<string, string>> => {
  try {
    const { scripts } = JSON.parse(text) as { scripts?: Record<string, string> }
    return typeof scripts === "object" && scripts !== null ? scripts : {}
  } catch {
    return {}
  }
}
