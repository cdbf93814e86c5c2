/** What the fuzzer found, made small. */
import { expect, test } from "vitest"
import { opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import type { Change, CommitFact, Facts } from "../../../src/domain/attribution/Facts.ts"
import { lineOwners } from "../../../src/domain/attribution/LineOwners.ts"
import { transition } from "../../../src/domain/attribution/Transition.ts"
import { newStage, type Stage } from "../Stage.ts"

const onStage = (title: string, body: (stage: Stage) => Promise<void>): void =>
  test(`found: ${title}`, async () => {
    await using stage = await newStage()
    await body(stage)
    expect(stage.failures).toEqual([])
  })

onStage("a content that comes back later does not take an earlier commit's pending edit away", async (stage) => {
  stage.write("f.ts", "one()\ntwo()\nthree()\n")
  stage.commit("Start")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "two()\n", "guess()\nhope()\n")
  stage.change("f.ts", "three()\n", "three()\nfour()\n")
  stage.commit("Both")
  await claude.edit("f.ts", "four()\n", "")
  stage.commit("As the first edit left it")
  const lines = [...by("H", "one()"), ...by(claude, "guess()", "hope()"), ...by("H", "three()")]
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", [...lines, ["four()", "H"]], { of: { revision: "HEAD~1" } })
})

for (const isAsked of [true, false])
  onStage(`a part of a stash survives a conflict, ${isAsked ? "" : "not "}asked about meanwhile`, async (stage) => {
    stage.write("f.ts", "one()\ntwo()\nthree()\n")
    stage.commit("Start")
    const claude = await stage.agent(opus)
    await claude.edit("f.ts", "two()\n", "two()\nguess()\nhope()\n")
    stage.git("stash", "push", "--quiet")
    stage.change("f.ts", "two()\n", "two()\nmine()\n")
    stage.commit("Mine")
    if (isAsked) await stage.blame("f.ts")
    stage.gitFails("stash", "pop")
    stage.write("f.ts", "one()\ntwo()\nmine()\nguess()\nthree()\n")
    stage.git("add", "f.ts")
    stage.git("stash", "drop", "--quiet")
    const lines = [...by("H", "one()", "two()", "mine()"), ...by(claude, "guess()"), ...by("H", "three()")]
    await stage.expect("f.ts", lines)
    stage.commit("A part of both")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  })

onStage("an edit of a renamed file is picked onto where it has its old name", async (stage) => {
  const lines = ["one()", "two()", "three()", "four()", "five()", "six()"]
  stage.write("f.ts", `${lines.join("\n")}\n`)
  stage.commit("Start")
  stage.run("mkdir in")
  stage.git("mv", "f.ts", "in/f.ts")
  stage.commit("Rename")
  const claude = await stage.agent(opus)
  await claude.bash("echo 'seven()' >> in/f.ts")
  stage.commit("Seven")
  stage.gitWith(stage.todo(`pick ${stage.id()}`, `drop ${stage.id("HEAD~1")}`), "rebase", "--quiet", "-i", "HEAD~2")
  await stage.expect("f.ts", [...by("H", ...lines), ...by(claude, "seven()")], { of: { revision: "HEAD" } })
})

onStage("a pick is a pick, though its source was merged later", async (stage) => {
  stage.write("f.ts", "one()\ntwo()\nthree()\n")
  stage.commit("Start")
  stage.git("checkout", "--quiet", "-b", "topic")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "two()\n", "guess()\nhope()\n")
  stage.commit("Guess")
  stage.git("checkout", "--quiet", "main")
  stage.change("f.ts", "two()\n", "mine()\n")
  stage.commit("Mine")
  stage.gitFails("cherry-pick", "topic")
  stage.write("f.ts", "one()\nmine()\nhope()\nthree()\n")
  stage.git("add", "f.ts")
  stage.git("cherry-pick", "--continue")
  stage.git("merge", "--quiet", "--no-edit", "--strategy", "ours", "topic")
  const lines = [...by("H", "one()", "mine()"), ...by(claude, "hope()"), ...by("H", "three()")]
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

onStage("a squash brings a branch whole, though a line of before was taken out here", async (stage) => {
  stage.write("f.ts", "one()\ntwo()\nthree()\nfour()\n")
  stage.commit("Start")
  stage.git("checkout", "--quiet", "-b", "topic")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "one()\n", "one()\nguess()\n")
  stage.commit("Guess")
  stage.git("checkout", "--quiet", "main")
  stage.change("f.ts", "four()\n", "")
  stage.commit("Less")
  stage.git("merge", "--quiet", "--squash", "topic")
  stage.commit("Squash")
  const lines = [...by("H", "one()"), ...by(claude, "guess()"), ...by("H", "two()", "three()")]
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

onStage("an old stash keeps its lines through a conflict that another agent resolves", async (stage) => {
  stage.write("f.ts", "one()\ntwo()\nthree()\n")
  stage.commit("Start")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "two()\n", "two()\nguess()\nhope()\n")
  stage.git("stash", "push", "--quiet")
  const mine = Array.from({ length: 8 }, (_, number) => `mine${number}()`)
  for (const line of mine) {
    stage.change("f.ts", "three()\n", `${line}\nthree()\n`)
    stage.commit("Mine")
  }
  stage.gitFails("stash", "pop")
  const other = await stage.agent(sonnet)
  await other.write("f.ts", ["one()", "two()", "guess()", "hope()", ...mine, "three()", ""].join("\n"))
  stage.git("add", "f.ts")
  const lines = [...by("H", "one()", "two()"), ...by(claude, "guess()", "hope()"), ...by("H", ...mine, "three()")]
  await stage.expect("f.ts", lines)
})

/** A repository in which everything happened within one second: commits on top of one another. */
const oneSecond = (commits: ReadonlyArray<{ readonly id: string; readonly lines: ReadonlyArray<string> }>): Facts => {
  const at = 1_700_000_000_000
  const facts = commits.map(({ id }): CommitFact => ({
    commit: id,
    parents: ["base"],
    authorKey: "ada",
    authored: at,
    committed: at,
    reverts: null,
    pickedFrom: null
  }))
  return {
    since: at - 1000,
    changes: [],
    commits: new Map(facts.map((fact) => [fact.commit, fact])),
    files: commits.map(({ id }) => ({ commit: id, path: "f", from: null, before: null, after: `blob ${id}` })),
    baselines: [],
    found: [],
    wasFound: () => false,
    moves: commits.map(({ id }, index) => {
      const from = commits[index - 1]?.id ?? "base"
      return { checkout: "/", from, to: id, verb: "commit (amend)", at }
    }),
    otherParents: () => [],
    lines: (oid) => commits.find(({ id }) => oid === `blob ${id}`)?.lines,
    precedes: () => false,
    isLive: () => true,
    wasBlind: () => false,
    imported: () => undefined,
    removalsBeside: () => [],
    sameContent: () => [],
    resembled: () => undefined,
    siblings: () => [],
    elsewhere: () => undefined
  }
}

test("commits of one second do not explain each other in circles: thirty amendments are derived at once", () => {
  const commits = Array.from({ length: 30 }, (_, index) => ({
    id: `c${index}`,
    lines: Array.from({ length: index + 1 }, (_line, line) => `line${line}`)
  }))
  const facts = oneSecond(commits)
  let asked = 0
  const owners = lineOwners({
    ...facts,
    lines: (oid) => {
      asked += 1
      if (asked > 100_000) throw new Error("it does not end")
      return facts.lines(oid)
    }
  }).ofCommit("c29", "f")
  expect(owners?.map(({ contributor }) => contributor.type)).toEqual(Array.from({ length: 30 }, () => "human"))
})

test("edits and commits of one second do not explain each other in circles: a burst of forty is derived at once", () => {
  const commits = Array.from({ length: 40 }, (_, index) => ({
    id: `c${index}`,
    lines: Array.from({ length: index + 1 }, (_line, line) => `line${line}`)
  }))
  const facts = oneSecond(commits)
  const at = facts.since + 1000
  const files = commits.map(({ id }, index) => ({
    commit: id,
    path: "f",
    from: null,
    before: index === 0 ? null : `blob c${index - 1}`,
    after: `blob ${id}`
  }))
  const isAgents = (index: number): boolean => index % 3 !== 0
  const place = (commit: string): number => commits.findIndex(({ id }) => id === commit)
  let asked = 0
  const owners = lineOwners({
    ...facts,
    files,
    moves: facts.moves.map((move) => ({ ...move, verb: "commit" })),
    precedes: (ancestor, commit) => commit === null || place(ancestor) < place(commit),
    changes: commits.flatMap(({ id, lines }, index) =>
      isAgents(index)
        ? [
            {
              position: index,
              checkout: "/",
              path: "f",
              origin: null,
              before: `blob c${index - 1}`,
              after: `blob ${id}`,
              session: "claude:s",
              model: "anthropic/claude-opus-4-5",
              claim: "edited",
              modified: false,
              formatter: null,
              head: null,
              transition: transition(lines.slice(0, -1), lines),
              time: at + index
            }
          ]
        : []
    ),
    lines: (oid) => {
      asked += 1
      if (asked > 100_000) throw new Error("it does not end")
      return facts.lines(oid)
    }
  }).ofCommit("c39", "f")
  expect(owners?.map(({ contributor }) => contributor.type)).toEqual(
    commits.map((_, index) => (isAgents(index) ? "ai" : "human"))
  )
})

test("what a stash and a commit both have is the commit's, though the next edit is of the same second", () => {
  const facts = oneSecond([
    { id: "stash", lines: ["a"] },
    { id: "commit", lines: ["a"] }
  ])
  const at = facts.since + 1000
  const fact = (commit: string, time: number): CommitFact => ({
    commit,
    parents: ["base"],
    authorKey: "ada",
    authored: time,
    committed: time,
    reverts: null,
    pickedFrom: null
  })
  const edit: Change = {
    position: 1,
    checkout: "/",
    path: "f",
    origin: null,
    before: "blob both",
    after: "blob edited",
    session: "claude:s",
    model: null,
    claim: "edited",
    modified: false,
    formatter: null,
    head: null,
    transition: transition(["a"], ["a", "b"]),
    time: at + 1500
  }
  const owners = lineOwners({
    ...facts,
    changes: [edit],
    commits: new Map([fact("stash", at), fact("commit", at + 1000)].map((one) => [one.commit, one])),
    files: facts.files.map((file) => ({ ...file, after: "blob both" })),
    moves: [{ checkout: "/", from: "base", to: "commit", verb: "commit", at: at + 1000 }],
    lines: (oid) => (oid === "blob both" ? ["a"] : oid === "blob edited" ? ["a", "b"] : undefined)
  }).ofChange(edit)
  expect(owners?.map(({ contributor }) => contributor.type)).toEqual(["human", "ai"])
})
