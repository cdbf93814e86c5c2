/** 74 to 77, 79: deletions, the past, replay, an altered log, and much of everything. */
import * as Effect from "effect/Effect"
import * as Trace from "../../../src/app/trace/Trace.ts"
import { open, close } from "../../../src/events/Database.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { verify } from "../../../src/events/Verify.ts"
import { Projections } from "../../../src/projections/Projections.ts"
import type { Deletion } from "../../../src/domain/attribution/Attribution.ts"
import { opus, sonnet } from "../Agent.ts"
import { by, type Line, shown } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

const numbered = (count: number, word: string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${word} ${index + 1}: ${(index + 1) * 7919}`)
const text = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** "1-15 H by A s1 claude-opus-4-5" of each run of deleted lines. */
const deletionsOf = async (stage: Stage, revision: string, file: string): Promise<string> => {
  const { files } = await stage.show(revision)
  const found = files.find(({ path }) => path.endsWith(file))?.deletions ?? []
  const words = ({ start, end, owner, by: who }: Deletion) => `${start}-${end} ${shown(owner)} by ${shown(who)}`
  return found.map(words).join(", ")
}

const expectDeletions = async (stage: Stage, revision: string, file: string, expected: string): Promise<void> => {
  const found = await deletionsOf(stage, revision, file)
  stage.check(found === expected, `deleted in ${file} by ${revision}: expected "${expected}", found "${found}"`)
}

scenario(74, "an agent deletes 15 lines of a person: which, whose, by whom", async (stage) => {
  const lines = numbered(20, "row")
  stage.write("f.csv", text(lines))
  stage.commit("Rows")
  const claude = await stage.agent(opus)
  await claude.edit("f.csv", text(lines.slice(3, 18)), "")
  const commit = stage.commit("Fewer rows")
  await stage.expect("f.csv", by("H", ...lines.slice(0, 3), ...lines.slice(18)), { of: { revision: commit } })
  await expectDeletions(stage, commit, "f.csv", "4-18 H by A s1 claude-opus-4-5")
  await stage.expectIntroduced(commit, {})
})

scenario(74, "an agent deletes lines of a person and of another agent; a person deletes its own", async (stage) => {
  const lines = numbered(6, "row")
  stage.write("f.csv", text(lines))
  stage.commit("Rows")
  const claude = await stage.agent(opus)
  const other = await stage.agent(sonnet)
  await other.edit("f.csv", `${lines[2]}\n`, `${lines[2]}\nsum, average\nmedian, mode\n`)
  stage.commit("Statistics")
  // 1 row, 2 row, 3 row, 4 sum, 5 median, 6 row, 7 row, 8 row
  await claude.edit("f.csv", `${lines[2]}\nsum, average\nmedian, mode\n${lines[3]}\n`, "total, mean\n")
  const first = stage.commit("One total")
  await expectDeletions(
    stage,
    first,
    "f.csv",
    "3-3 H by A s1 claude-opus-4-5, 4-5 A s2 claude-sonnet-4-5 by A s1 claude-opus-4-5, 6-6 H by A s1 claude-opus-4-5"
  )
  stage.change("f.csv", "total, mean\n", "")
  const second = stage.commit("No total")
  await expectDeletions(stage, second, "f.csv", "3-3 A s1 claude-opus-4-5 by H")
})

scenario(74, "an agent deletes a file of a person with a command", async (stage) => {
  const lines = numbered(15, "row")
  stage.write("f.csv", text(lines))
  stage.commit("Rows")
  const claude = await stage.agent(opus)
  await claude.bash("git rm --quiet f.csv")
  const commit = stage.commit("No rows")
  await expectDeletions(stage, commit, "f.csv", "1-15 H by A s1 claude-opus-4-5")
})

/** The positions of the edits of files so far, in order. */
const edits = async (stage: Stage): Promise<ReadonlyArray<{ readonly position: number; readonly time: number }>> => {
  await stage.world.ingest()
  return stage.world.ofType("FileEdited")
}

scenario(75, "at an old revision, in a deleted file, at an event: as of then", async (stage) => {
  stage.write("f.ts", "export const north = 'N'\n")
  const first = stage.commit("North")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "export const north = 'N'\n", "export const north = 'N'\nawait turn(90)\n")
  const second = stage.commit("Turn")
  const other = await stage.agent(sonnet)
  await other.edit("f.ts", "await turn(90)\n", "log.debug('standing still')\n")
  const third = stage.commit("Stand")
  stage.git("rm", "--quiet", "f.ts")
  stage.commit("Gone")

  const [north, turn, stand] = [
    by("H", "export const north = 'N'"),
    by(claude, "await turn(90)"),
    by(other, "log.debug('standing still')")
  ]
  await stage.expect("f.ts", north, { of: { revision: first } })
  await stage.expect("f.ts", [...north, ...turn], { of: { revision: second } })
  await stage.expect("f.ts", [...north, ...stand], { of: { revision: third } })
  await stage.expect("f.ts", [...north, ...stand], { of: { revision: "HEAD~1" } })
  for (const of of ["worktree", "index", { revision: "HEAD" }] as const) {
    const refused = await stage.world.run(Effect.flip(Trace.blame([{ file: "f.ts", of }])), stage.cwd)
    stage.check(
      refused._tag === "NotAFile",
      `${JSON.stringify(of)}: the file is gone, but the answer is ${refused._tag}`
    )
  }

  const [one, last] = await edits(stage)
  if (one === undefined || last === undefined) throw new Error("the edits are not recorded")
  await stage.expect("f.ts", [...north, ...turn], { event: one.position })
  await stage.expect("f.ts", [...north, ...turn], { event: last.position - 1 })
  await stage.expect("f.ts", [...north, ...stand], { event: last.position })
})

scenario(75, "at an event, before any commit knows it", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("f.ts", "export const north = 'N'\n")
  await claude.edit("f.ts", "export const north = 'N'\n", "export const north = 'N'\nawait turn(90)\n")
  stage.write("f.ts", `// Directions\n${stage.read("f.ts")}`)
  await claude.edit("f.ts", "await turn(90)\n", "log.debug('standing still')\n")
  const [one, next, last] = await edits(stage)
  if (one === undefined || next === undefined || last === undefined) throw new Error("the edits are not recorded")
  await stage.expect("f.ts", by(claude, "export const north = 'N'"), { event: one.position })
  await stage.expect("f.ts", by(claude, "export const north = 'N'", "await turn(90)"), { event: next.position })
  await stage.expect(
    "f.ts",
    [...by("H", "// Directions"), ...by(claude, "export const north = 'N'", "log.debug('standing still')")],
    { event: last.position }
  )
})

scenario(76, "read models that are derived again from nothing are the same, and say the same", async (stage) => {
  const lines = numbered(12, "row")
  stage.write("f.csv", text(lines))
  stage.commit("Rows")
  const claude = await stage.agent(opus)
  const other = await stage.agent(sonnet)
  await claude.edit("f.csv", `${lines[3]}\n`, `${lines[3]}\nsum, average\n`)
  stage.commit("Sum")
  await other.bash("sed -i '1i name, value' f.csv && cp f.csv copy.csv")
  stage.change("f.csv", "sum, average", "sum, mean")
  stage.commit("Names")
  stage.git("mv", "f.csv", "rows.csv")
  stage.commit("Rename")
  stage.git("commit", "--quiet", "--amend", "--message", "Rename it")
  await other.write("rows.csv", `${stage.read("rows.csv")}total, 1\n`)

  const before = await stage.blame("rows.csv")
  const copied = await stage.blame("copy.csv", { of: { revision: "HEAD" } })
  const checks = await stage.world.run(Effect.flatMap(Projections, (projections) => projections.check([])))
  for (const { name, same, differences } of checks)
    stage.check(same, `${name} differs after a replay: ${JSON.stringify(differences)}`)
  await stage.world.run(Effect.flatMap(Projections, (projections) => projections.rebuild([])))
  const same = (one: unknown, another: unknown) => JSON.stringify(one) === JSON.stringify(another)
  stage.check(same(before, await stage.blame("rows.csv")), "blame of rows.csv differs after a rebuild")
  stage.check(
    same(copied, await stage.blame("copy.csv", { of: { revision: "HEAD" } })),
    "blame of copy.csv differs after a rebuild"
  )
  await stage.expect("rows.csv", [
    ...by(other, "name, value"),
    ...by("H", ...lines.slice(0, 4)),
    ...by("M s1 claude-opus-4-5", "sum, mean"),
    ...by("H", ...lines.slice(4)),
    ...by(other, "total, 1")
  ])
})

scenario(77, "one byte of an old event is altered: verification names its position", async (stage) => {
  stage.write("f.ts", "export const north = 'N'\n")
  stage.commit("North")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "export const north = 'N'\n", "export const north = 'N'\nawait turn(90)\n")
  await claude.edit("f.ts", "await turn(90)\n", "await turn(180)\n")
  await stage.expect("f.ts", [...by("H", "export const north = 'N'"), ["await turn(180)", "A s1 claude-opus-4-5"]])
  const intact = await stage.world.run(Effect.flatMap(EventLog, (log) => verify(log.database)))
  stage.check(intact.ok, `before: ${JSON.stringify(intact.finding)}`)
  const [edit] = await edits(stage)
  if (edit === undefined) throw new Error("the edits are not recorded")
  // As somebody with a database tool would: the agent's edit becomes somebody else's.
  const finding = await Effect.runPromise(
    Effect.acquireUseRelease(
      open(stage.world.home.log),
      (database) =>
        Effect.gen(function* () {
          database.sqlite.exec("DROP TRIGGER events_keep")
          const changed = database.sqlite
            .prepare(
              `UPDATE events SET payload = replace(payload, '"tool":"Edit"', '"tool":"Edjt"') WHERE position = ?`
            )
            .run(edit.position)
          if (changed.changes !== 1) throw new Error("no byte was altered")
          return (yield* verify(database)).finding
        }),
      close
    )
  )
  stage.check(
    finding?.position === edit.position,
    `event ${edit.position} was altered, and verification finds ${JSON.stringify(finding)}`
  )
})

/** Milliseconds for everything after the last edit: recording what is waiting, reading history, blame. */
const budget = 120_000

scenario(
  79,
  "a file of 20,000 lines with 1,000 edits: complete, within two minutes",
  async (stage) => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `row ${index}`)
    stage.write("big.txt", text(lines))
    stage.commit("Big")
    const claude = await stage.agent(opus)
    const path = `${stage.cwd}/big.txt`
    const content = [...lines]
    const expected: Array<Line> = lines.map((line) => [line, "H"])
    const owner = claude.owner
    for (let edit = 0; edit < 1000; edit++) {
      // Spread over the file, in no order; 7 and 1,000 have no common factor.
      const at = ((edit * 7) % 1000) * 20 + 3
      const [old, fresh] = [content[at] ?? "", `by the agent, edit ${edit}`]
      const original = text(content)
      content[at] = fresh
      expected[at] = [fresh, owner]
      // What the stage's own edit delivers, without comparing 20,000 lines a thousand times for the patch.
      await claude.hook("PostToolUse", {
        tool_name: "Edit",
        tool_input: { file_path: path, old_string: old, new_string: fresh, replace_all: false },
        tool_response: {
          filePath: path,
          oldString: old,
          newString: fresh,
          originalFile: original,
          structuredPatch: [
            { oldStart: at + 1, oldLines: 1, newStart: at + 1, newLines: 1, lines: [`-${old}`, `+${fresh}`] }
          ],
          userModified: false,
          replaceAll: false
        },
        tool_use_id: `toolu_big_${edit}`,
        duration_ms: 5
      })
    }
    stage.write("big.txt", text(content))
    const commit = stage.commit("A thousand edits")
    const start = performance.now()
    await stage.world.ingest()
    await stage.expect("big.txt", expected, { of: { revision: commit } })
    await stage.expect("big.txt", expected)
    const took = performance.now() - start
    stage.check(took < budget, `it took ${Math.round(took)} ms`)
  },
  { variants: ["main checkout"], timeout: 300_000 }
)

scenario(79, "a burst of 100 commits, asked about at its end: complete, within two minutes", async (stage) => {
  stage.write("f.ts", "export const start = 0\n")
  stage.commit("Start")
  const claude = await stage.agent(opus)
  const other = await stage.agent(sonnet)
  const expected: Array<Line> = [["export const start = 0", "H"]]
  for (let number = 1; number <= 100; number++) {
    const line = `export const value${number} = compute(${number * 31})`
    const who = number % 3
    if (who === 0) stage.write("f.ts", `${stage.read("f.ts")}${line}\n`)
    else {
      const last = expected.at(-1)?.[0] ?? ""
      await (who === 1 ? claude : other).edit("f.ts", `${last}\n`, `${last}\n${line}\n`)
    }
    expected.push([line, who === 0 ? "H" : who === 1 ? claude : other])
    stage.commit(`Value ${number}`)
  }
  const start = performance.now()
  await stage.expect("f.ts", expected, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", expected.slice(0, 51), { of: { revision: "HEAD~50" } })
  const took = performance.now() - start
  stage.check(took < budget, `it took ${Math.round(took)} ms`)
})
