/** `nexus trace query` without the command line's machinery, which takes longer to load than most questions to answer. */
import { parseArgs } from "node:util"
import { contributorTypes, evidenceGrades } from "../domain/attribution/Attribution.ts"
import { run } from "./run.ts"
import { takeGlobals } from "./takeGlobals.ts"
import { type AskedQuery, showQuery } from "./trace/showQuery.ts"

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  const asked = read(globals.rest.slice(2))
  if (asked !== undefined) return run(showQuery(asked), globals)
  const { main } = await import("./main.ts")
  return main(args)
}

const options = {
  file: { type: "string", multiple: true },
  model: { type: "string", multiple: true },
  contributor: { type: "string", multiple: true },
  session: { type: "string", multiple: true },
  since: { type: "string" },
  until: { type: "string" },
  rev: { type: "string" },
  "min-evidence": { type: "string" },
  limit: { type: "string" }
} as const

/** Undefined for whatever needs an explanation. */
const read = (words: ReadonlyArray<string>): AskedQuery | undefined => {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true })
    const { "min-evidence": evidence, limit, file = [], model = [], session = [], since, until, rev } = values
    const minEvidence = evidenceGrades.find((grade) => grade === evidence)
    const contributor = (values.contributor ?? []).map((name) => contributorTypes.find((type) => type === name))
    if (evidence !== minEvidence || (limit !== undefined && !/^\d{1,9}$/.test(limit))) return undefined
    if (!contributor.every((type) => type !== undefined)) return undefined
    const most = limit === undefined ? undefined : Number(limit)
    return { expression: positionals, file, model, contributor, session, since, until, rev, minEvidence, limit: most }
  } catch {
    return undefined
  }
}
