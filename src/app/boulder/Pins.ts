/**
 * What the checks of a run were when it was armed, and what is different about them now: an agent that is told to make a check
 * pass can also change the check, which is told to a person and never taken for a pass.
 */
import { hash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "jsonc-parser"
import type { BoulderArmed } from "../../domain/boulder/BoulderEvents.ts"
import type { Alarm } from "../../domain/boulder/Facts.ts"
import type { Gone } from "../ports/Repositories.ts"
import { definitionText, type Gate } from "../../domain/boulder/Gates.ts"

type Pins = Pick<BoulderArmed, "gates" | "files">

const digest = (text: string | Buffer): string => hash("sha256", text)

/** Files at the top of a checkout that say what its checks do, beside the scripts of a package.json. */
const guarded =
  /^(?:[Tt]askfile\.ya?ml|[Jj]ustfile|(?:GNU)?[Mm]akefile|lefthook\.ya?ml|\.pre-commit-config\.yaml|\.commitlintrc(?:\.\w+)?|commitlint\.config\.\w+|\.markdownlint(?:-cli2)?\.\w+|\.oxlintrc\.json|\.eslintrc(?:\.\w+)?|eslint\.config\.\w+|biome\.jsonc?|\.?ruff\.toml|\.golangci\.\w+)$/

/** What gates and the files that they stand on are now. */
export const pinsOf = ({ checkout, userFile }: Place, gates: ReadonlyArray<Gate>): Pins => ({
  gates: gates.map((gate) => ({ gate: gate.name, definition: digest(definitionText(gate)) })),
  files: [
    ...namesIn(checkout)
      .filter((name) => guarded.test(name))
      .map((file) => ({ file, part: "", hash: digest(contentOf(join(checkout, file)) ?? "") })),
    ...namesIn(join(checkout, ".husky"))
      .filter((name) => contentOf(join(checkout, ".husky", name)) !== undefined)
      .map((name) => ({
        file: `.husky/${name}`,
        part: "",
        hash: digest(contentOf(join(checkout, ".husky", name)) ?? "")
      })),
    { file: configFile, part: "enforcer", hash: digest(enforcerIn(join(checkout, configFile))) },
    { file: userFile, part: "enforcer", hash: digest(enforcerIn(userFile)) },
    ...Object.entries(scriptsOf(checkout)).map(([part, script]) => ({
      file: "package.json",
      part,
      hash: digest(script)
    }))
  ]
})

/** The top of a checkout, and the user's own configuration. */
export interface Place {
  readonly checkout: string
  readonly userFile: string
}

/** What is different. What was added stands for nothing yet; what was changed or taken away does. */
export const changesSince = (pins: Pins, place: Place, gates: ReadonlyArray<Gate>): ReadonlyArray<Alarm> => {
  const now = pinsOf(place, gates)
  const changed = pins.gates.flatMap(({ gate, definition }): ReadonlyArray<Alarm> => {
    const found = now.gates.find((one) => one.gate === gate)
    if (found?.definition === definition) return []
    return [
      {
        kind: "gate changed",
        subject: gate,
        detail: found === undefined ? "it is not defined any more" : "its definition is another"
      }
    ]
  })
  const files = pins.files.flatMap(({ file, part, hash: was }): ReadonlyArray<Alarm> => {
    const found = now.files.find((one) => one.file === file && one.part === part)
    if (found?.hash === was) return []
    const subject = part === "" ? file : `${file} (${part})`
    return [{ kind: "gate changed", subject, detail: found === undefined ? "it is gone" : "it says something else" }]
  })
  return [...changed, ...files]
}

/** Tests that are gone, by the names that the usual test runners look for; or are no test any more under their new name. */
export const deletedTests = (gone: ReadonlyArray<Gone>): ReadonlyArray<Alarm> =>
  gone
    .filter(({ path, to }) => isTest.test(path) && (to === null || !isTest.test(to)))
    .map(({ path, to }) => ({
      kind: "test deleted",
      subject: path,
      detail:
        to === null ? "it is neither here nor elsewhere any more" : `it is ${to} now, which no test runner looks for`
    }))

const isTest =
  /(?:^|\/)(?:tests?|__tests__|spec|specs)\/[^]*\.\w+$|[._-](?:test|tests|spec)\.\w+$|(?:^|\/)test_[^/]*\.py$|_test\.(?:go|py|rb|exs?|dart)$|Tests?\.(?:java|kt|cs|swift|scala|php)$/

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).sort()
  } catch {
    // Not there, or no folder.
    return []
  }
}

const contentOf = (file: string): Buffer | undefined => {
  try {
    return readFileSync(file)
  } catch {
    // A folder, or not readable: then it says nothing to the checks either.
    return undefined
  }
}

const configFile = ".nexus/config.jsonc"

/** What a configuration says of the enforcer itself: an agent could lift its own limits there. In JSON. */
const enforcerIn = (file: string): string => {
  const text = contentOf(file)?.toString("utf8") ?? ""
  return JSON.stringify((parse(text) as { readonly enforcer?: unknown } | undefined)?.enforcer ?? null)
}

const scriptsOf = (checkout: string): Readonly<Record<string, string>> => {
  try {
    const { scripts } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as { scripts?: unknown }
    return typeof scripts === "object" && scripts !== null
      ? Object.fromEntries(Object.entries(scripts).map(([name, script]) => [name, String(script)]))
      : {}
  } catch {
    // None, or none that npm could read.
    return {}
  }
}
