/** Which gates a project has: those of its configuration, the check that its own files tell of, and those that are built in. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type * as Effect from "effect/Effect"
import { type CheckName, checkTimeouts } from "../../domain/boulder/Checks.ts"
import { type CheckGate, type Gate, isCheck } from "../../domain/boulder/Gates.ts"
import type { Config } from "../Config.ts"
import { named, type NotFound } from "../Find.ts"
import { type BuiltInSetting, checkNames } from "./BuiltInSettings.ts"
import { conventionOf } from "./Conventions.ts"

/** Ten minutes, as long as a project's own checks may take by default. */
export const defaultTimeout = 600_000

/** By name. A gate of the configuration takes the place of one that was found. */
export const gatesOf = (checkout: string, config: Config): ReadonlyArray<Gate> => {
  const found = foundIn(checkout)
  const gates = new Map<string, Gate>(found === undefined ? [] : [["ci", found]])
  for (const name of checkNames) gates.set(name, builtIn(checkout, name))
  for (const [name, setting] of Object.entries(config.gates)) {
    if ("command" in setting) {
      const { command, timeout = defaultTimeout, origin } = setting
      gates.set(name, { name, command, timeout, origin })
    } else if (setting.off) gates.delete(name)
    else gates.set(name, builtIn(checkout, name as CheckName, setting))
  }
  const [commits, documentation] = [gates.get("commits"), gates.get("documentation")]
  // One base is enough for both.
  if (isCheck(commits) && commits.options.base !== undefined && isCheck(documentation))
    gates.set("documentation", {
      ...documentation,
      options: { base: commits.options.base, ...documentation.options }
    })
  return [...gates.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The gate of this name. Fails with NotFound, which says which there are. */
export const gateNamed = (name: string, gates: ReadonlyArray<Gate>): Effect.Effect<Gate, NotFound> =>
  named(
    "gate",
    name,
    gates,
    (gate) => gate.name,
    gates.length === 0
      ? "There are none yet: docs/gates.md says how to have one."
      : `Known are: ${gates.map((gate) => gate.name).join(", ")}.`
  )

const builtIn = (checkout: string, check: CheckName, setting?: BuiltInSetting): CheckGate => {
  const common = {
    name: check,
    convention: conventionOf(checkout, check),
    timeout: setting?.timeout ?? checkTimeouts[check],
    origin: setting?.origin ?? "Nexus"
  }
  const options = setting?.options ?? {}
  return check === "commits" ? { ...common, check, options } : { ...common, check, options }
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
