/** 72, 78, 80: other clones, lost history, and records in the specification's form. */
import { readFileSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import Ajv2020 from "ajv/dist/2020.js"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { exported } from "../../../src/app/trace/Export.ts"
import { importFile } from "../../../src/app/trace/Import.ts"
import * as Notes from "../../../src/app/trace/Notes.ts"
import * as Trace from "../../../src/app/trace/Trace.ts"
import { world } from "../../app/world.ts"
import { fixtures } from "../../support/cli.ts"
import { opus, sonnet } from "../Agent.ts"
import { by, compare, type Line, noted } from "../Expect.ts"
import { type Place, placeAt } from "../Place.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

const start = "export const north = 'N'\nexport const south = 'S'\n"

/** Commits of a person and of two agents; the lines of the two files at the end. */
const history = async (stage: Stage): Promise<Readonly<Record<"f.ts" | "g.ts", ReadonlyArray<Line>>>> => {
  stage.write("f.ts", start)
  stage.commit("Directions")
  const claude = await stage.agent(opus)
  const other = await stage.agent(sonnet)
  await claude.prompt("Turn around")
  await claude.edit(
    "f.ts",
    "export const south = 'S'\n",
    "await turn(180)\nlog.debug('turned')\nexport const south = 'S'\n"
  )
  await other.write("g.ts", "import * as f from './f'\n\nprint(f)\n")
  stage.commit("Turn")
  stage.change("f.ts", "turn(180)", "turn(90)")
  stage.write("g.ts", `${stage.read("g.ts")}// Nothing more.\n`)
  await other.edit("f.ts", "export const north = 'N'\n", "// Directions\nexport const north = 'N'\n")
  stage.commit("Half")
  return {
    "f.ts": [
      ...by(other, "// Directions"),
      ...by("H", "export const north = 'N'"),
      ...by("M s1 claude-opus-4-5", "await turn(90)"),
      ...by(claude, "log.debug('turned')"),
      ...by("H", "export const south = 'S'")
    ],
    "g.ts": [...by(other, "import * as f from './f'", "", "print(f)"), ...by("H", "// Nothing more.")]
  }
}

type Machine = ReturnType<typeof world>

/** What another machine's Nexus says of a checkout there. */
const expectThere = async (
  stage: Stage,
  machine: Machine,
  place: Place,
  files: Readonly<Record<string, ReadonlyArray<Line>>>,
  of: "worktree" | { readonly revision: string } = "worktree"
): Promise<void> => {
  const inner = relative(place.top, place.cwd)
  for (const [file, lines] of Object.entries(files)) {
    const [blamed] = await machine.run(Trace.blame([{ file, of }]), place.cwd)
    const difference = compare(`${file} elsewhere`, lines, blamed?.lines ?? [], inner === "" ? "" : `${inner}/`)
    stage.check(difference === undefined, difference ?? "")
  }
}

/** A clone whose HEAD is what is committed here, in whatever checkout the stage is. */
const cloneOf = (stage: Stage, name: string): Place => {
  const clone = stage.elsewhere(name)
  clone.git("fetch", "--quiet", "origin", stage.id())
  clone.git("reset", "--quiet", "--hard", stage.id())
  return clone
}

const quiet = () => undefined

const exportedRecords = (stage: Stage): Promise<string> =>
  stage.world.run(
    Effect.map(Stream.runCollect(exported(undefined, "agent-trace", quiet)), (parts) =>
      Chunk.toReadonlyArray(parts).join("")
    ),
    stage.cwd
  )

scenario(72, "a second clone on the same machine knows everything", async (stage) => {
  const files = await history(stage)
  // What was learned in the first checkout serves in the second: its own reflog tells only that it is a clone.
  for (const [file, lines] of Object.entries(files)) await stage.expect(file, lines)
  const clone = cloneOf(stage, "second")
  for (const [file, lines] of Object.entries(files)) {
    await stage.expect(file, lines, { in: clone })
    await stage.expect(file, lines, { in: clone, of: { revision: "HEAD" } })
  }
})

scenario(72, "a fresh clone elsewhere knows nothing, and everything after an import", async (stage) => {
  const files = await history(stage)
  await stage.blame("f.ts")
  const text = await exportedRecords(stage)
  const clone = cloneOf(stage, "fresh")
  using machine = world()
  const unknown = Object.entries(files).map(
    ([file, lines]) => [file, lines.map(([line]): Line => [line, "U"])] as const
  )
  await expectThere(stage, machine, clone, Object.fromEntries(unknown))
  const records = join(machine.root, "records.jsonl")
  writeFileSync(records, text)
  const report = await machine.run(importFile(records, quiet), clone.cwd)
  stage.check(report.imported > 0 && report.skipped.length === 0, `the import: ${JSON.stringify(report)}`)
  await expectThere(stage, machine, clone, files)
  await expectThere(stage, machine, clone, files, { revision: "HEAD" })
  // Twice is once.
  const again = await machine.run(importFile(records, quiet), clone.cwd)
  stage.check(again.imported === 0, `the second import: ${JSON.stringify(again)}`)
  await expectThere(stage, machine, clone, files)
})

scenario(72, "notes carry it with the repository", async (stage) => {
  stage.hub()
  const files = await history(stage)
  stage.git("push", "--quiet", "origin", "HEAD:main")
  await stage.blame("f.ts")
  await stage.world.run(Notes.write(undefined, { gitAi: false, force: false }, quiet), stage.cwd)
  await stage.world.run(Notes.push("origin", false), stage.cwd)
  const clone = stage.elsewhere("fresh", join(stage.world.root, "hub.git"))
  using machine = world()
  await machine.run(Notes.fetch("origin", false), clone.cwd)
  await machine.run(Notes.read(quiet), clone.cwd)
  await expectThere(stage, machine, clone, files)
  await expectThere(stage, machine, clone, files, { revision: "HEAD" })
})

/** The same lines, where what is proved may also be unknown. */
const orUnknown = (lines: ReadonlyArray<Line>): ReadonlyArray<Line> =>
  lines.map(([text, owner]) => [text, `${typeof owner === "string" ? owner : owner.owner} | U`])

/** A clone of depth 1 of what is committed here. */
const shallowClone = (stage: Stage): Place => {
  const whole = cloneOf(stage, "whole")
  const folder = join(stage.world.root, "shallow")
  whole.git("clone", "--quiet", "--depth", "1", `file://${whole.top}`, folder)
  return placeAt(folder, join(folder, relative(whole.top, whole.cwd)), join(stage.world.root, "user"))
}

scenario(78, "a clone of depth 1 on a machine without the record: unknown, all of it", async (stage) => {
  const files = await history(stage)
  const place = shallowClone(stage)
  using machine = world()
  for (const [file, lines] of Object.entries(files)) {
    const unknown = lines.map(([text]): Line => [text, "U"])
    await expectThere(stage, machine, place, { [file]: unknown })
    await expectThere(stage, machine, place, { [file]: unknown }, { revision: "HEAD" })
  }
})

scenario(78, "a clone of depth 1 on the machine with the record: never wrong", async (stage) => {
  const files = await history(stage)
  const place = shallowClone(stage)
  for (const [file, lines] of Object.entries(files)) {
    await stage.expect(file, orUnknown(lines), { in: place })
    await stage.expect(file, orUnknown(lines), { in: place, of: { revision: "HEAD" } })
  }
})

scenario(78, "the reflog has expired and git has pruned what nothing reaches: never wrong", async (stage) => {
  stage.write("f.ts", start)
  stage.commit("Directions")
  const claude = await stage.agent(opus)
  await claude.edit(
    "f.ts",
    "export const south = 'S'\n",
    "await turn(180)\nlog.debug('turned')\nexport const south = 'S'\n"
  )
  stage.commit("Turn")
  stage.change("f.ts", "export const north = 'N'\n", "export const north = 'N'\n// South is the other way.\n")
  stage.commit("Comment")
  const lines = [
    ...by("H", "export const north = 'N'", "// South is the other way."),
    ...by(claude, "await turn(180)", "log.debug('turned')"),
    ...by("H", "export const south = 'S'")
  ]
  // Two commits become one before anybody asked, and the old ones are gone.
  stage.git("reset", "--quiet", "--soft", "HEAD~2")
  stage.commit("Turn, with a comment")
  stage.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
  stage.git("gc", "--quiet", "--prune=now")
  await stage.expect("f.ts", orUnknown(lines), { of: { revision: "HEAD" } })
  await stage.expect("f.ts", orUnknown(lines))
  // Work goes on from there.
  await claude.edit("f.ts", "log.debug('turned')\n", "log.debug('turned')\nawait rest()\n")
  stage.commit("Rest")
  const longer = [...orUnknown(lines.slice(0, 4)), ...by(claude, "await rest()"), ...orUnknown(lines.slice(4))]
  await stage.expect("f.ts", longer, { of: { revision: "HEAD" } })
})

scenario(78, "what Nexus has seen survives git's pruning", async (stage) => {
  stage.write("f.ts", start)
  stage.commit("Directions")
  const claude = await stage.agent(opus)
  await claude.edit(
    "f.ts",
    "export const south = 'S'\n",
    "await turn(180)\nlog.debug('turned')\nexport const south = 'S'\n"
  )
  stage.commit("Turn")
  stage.change("f.ts", "export const north = 'N'\n", "export const north = 'N'\n// South is the other way.\n")
  stage.commit("Comment")
  const lines = [
    ...by("H", "export const north = 'N'", "// South is the other way."),
    ...by(claude, "await turn(180)", "log.debug('turned')"),
    ...by("H", "export const south = 'S'")
  ]
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  stage.git("reset", "--quiet", "--soft", "HEAD~2")
  stage.commit("Turn, with a comment")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  stage.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
  stage.git("gc", "--quiet", "--prune=now")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", lines)
})

interface TraceRecord {
  readonly vcs: { readonly revision: string }
  readonly files: ReadonlyArray<{
    readonly path: string
    readonly conversations: ReadonlyArray<{
      readonly url?: string
      readonly contributor?: Contributor
      readonly ranges: ReadonlyArray<{
        readonly start_line: number
        readonly end_line: number
        readonly contributor?: Contributor
      }>
    }>
  }>
}

interface Contributor {
  readonly type: string
  readonly model_id?: string
}

/** The specification's look-up, section 6.5: git's own blame, the record of that revision, the range. In words. */
const lookUp = (stage: Stage, records: ReadonlyArray<TraceRecord>, file: string): ReadonlyArray<string> => {
  const porcelain = stage.git("-c", "core.quotePath=false", "blame", "--line-porcelain", "HEAD", "--", file)
  const origins: Array<{ readonly revision: string; readonly line: number; path: string }> = []
  for (const row of porcelain.split("\n")) {
    const [, revision, line] = /^([0-9a-f]{40}) (\d+) \d+/.exec(row) ?? []
    if (revision !== undefined) origins.push({ revision, line: Number(line), path: "" })
    const [, path] = /^filename (.+)$/.exec(row) ?? []
    const last = origins.at(-1)
    if (path !== undefined && last !== undefined) last.path = path
  }
  return origins.map(({ revision, line, path }) => {
    for (const record of records.filter(({ vcs }) => vcs.revision === revision))
      for (const { conversations } of record.files.filter((one) => one.path === path))
        for (const { url, contributor, ranges } of conversations)
          for (const range of ranges)
            if (range.start_line <= line && line <= range.end_line) {
              const { type, model_id } = range.contributor ?? contributor ?? { type: "unknown" }
              return `${type} ${model_id} ${url?.replace(/^urn:nexus:session:/, "") ?? null}`
            }
    return "unknown undefined null"
  })
}

scenario(80, "exported records are valid, and the specification's look-up gives what blame gives", async (stage) => {
  await history(stage)
  stage.git("mv", "g.ts", "görlitz name.ts")
  const claude = await stage.agent({ session: "s9", model: "claude-haiku-4-5" })
  await claude.edit("görlitz name.ts", "print(f)\n", "print(f)\nprint('done')\n")
  await claude.bash("printf '\\x89PNG\\r\\n\\x1a\\n\\x00\\x00' > picture.png && chmod +x f.ts")
  stage.commit("Rename")
  stage.git("checkout", "--quiet", "-b", "side", "HEAD~1")
  await claude.edit("f.ts", "export const south = 'S'\n", "export const south = 'S'\nawait rest()\n")
  stage.commit("Rest")
  stage.git("merge", "--quiet", "--no-edit", "-")
  await stage.blame("f.ts")

  const records = (await exportedRecords(stage))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TraceRecord)
  const schema = JSON.parse(readFileSync(join(fixtures, "agent-trace/trace-record.schema.json"), "utf8")) as object
  const ajv = new Ajv2020.default({ strict: false, allErrors: true })
  // RFC 9562, RFC 3339, RFC 3986.
  ajv.addFormat("uuid", /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  ajv.addFormat("uri", /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i)
  const validate = ajv.compile(schema)
  for (const record of records)
    stage.check(
      validate(record),
      `the record of ${record.vcs.revision} is not valid: ${ajv.errorsText(validate.errors)}`
    )
  const commits = stage.git("rev-list", "HEAD").split("\n")
  const recorded = records.map(({ vcs }) => vcs.revision)
  for (const commit of commits)
    stage.check(recorded.filter((one) => one === commit).length === 1, `${commit} has not one record`)

  for (const file of ["f.ts", "görlitz name.ts"]) {
    const found = lookUp(stage, records, file)
    const blamed = await stage.blame(file, { of: { revision: "HEAD" } })
    const said = blamed.map(({ contributor: { type, model_id }, session }) => `${type} ${model_id} ${session}`)
    stage.check(
      said.length > 0 && said.join("\n") === found.join("\n"),
      `${file}: blame and look-up\n${said.map((one, index) => `${one} | ${found[index]}`).join("\n")}`
    )
  }
  await stage.expect("görlitz name.ts", [
    ...by("A s2 claude-sonnet-4-5", "import * as f from './f'", "", "print(f)"),
    ...noted({ pending: false }, by(claude, "print('done')")),
    ...by("H", "// Nothing more.")
  ])
})
