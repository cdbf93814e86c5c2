/** 58 to 62: many at once, and hooks that come late, twice or in another order. */
import { spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { ClaudeAgent } from "../../../src/adapters/agents/claude/ClaudeAgent.ts"
import { Projections } from "../../../src/projections/Projections.ts"
import { finished } from "../../support/cli.ts"
import { type AgentOptions, haiku, opus, sonnet, startAgent, type Workplace } from "../Agent.ts"
import { by, type Line } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September"]

scenario(58, "three agents in three worktrees on one file, in parallel, merged: no cross-talk", async (stage) => {
  stage.write("months.txt", months.map((month) => `${month}\n`).join(""))
  stage.commit("Months")
  const branches = ["one", "two", "three"] as const
  const agents = await Promise.all(
    [opus, sonnet, haiku].map((options, index) => {
      const place = stage.worktree(branches[index] ?? "")
      return stage.agent({ ...options, cwd: place.cwd }).then((agent) => ({ agent, place }))
    })
  )
  await Promise.all(
    agents.map(async ({ agent, place }, index) => {
      const month = months[index * 3 + 1] ?? ""
      await agent.edit("months.txt", `${month}\n`, `${month}\n- a holiday of ${branches[index]}\n`)
      await agent.bash(`echo "written in ${branches[index]}" > ${branches[index]}.txt`)
      await agent.edit(
        "months.txt",
        `- a holiday of ${branches[index]}\n`,
        `- a holiday of ${branches[index]}\n- and another\n`
      )
      place.commit(`Holidays ${branches[index]}`)
    })
  )
  const holidays = (index: number): ReadonlyArray<Line> =>
    by(agents[index]?.agent ?? "", `- a holiday of ${branches[index]}`, "- and another")
  for (const [index, { place }] of agents.entries()) {
    const lines = months.flatMap((month, at) => [...by("H", month), ...(at === index * 3 + 1 ? holidays(index) : [])])
    await stage.expect("months.txt", lines, { in: place })
    await stage.expect("months.txt", lines, { of: { revision: branches[index] ?? "" } })
  }
  for (const branch of branches) stage.git("merge", "--quiet", "--no-edit", branch)
  const merged = months.flatMap((month, at) => [...by("H", month), ...(at % 3 === 1 ? holidays((at - 1) / 3) : [])])
  await stage.expect("months.txt", merged, { of: { revision: "HEAD" } })
  await stage.expect("months.txt", merged)
  for (const [index, { agent }] of agents.entries())
    await stage.expect(`${branches[index]}.txt`, by(agent, `written in ${branches[index]}`), {
      of: { revision: "HEAD" }
    })
})

scenario(58, "agents write the same new file in two worktrees, each its own", async (stage) => {
  const [one, two] = [stage.worktree("one"), stage.worktree("two")]
  const first = await stage.agent({ ...opus, cwd: one.cwd })
  const second = await stage.agent({ ...sonnet, cwd: two.cwd })
  await first.write("plan.md", "# The plan\nBuild the walls\n")
  await second.write("plan.md", "# The plan\nDig a well\n")
  stage.write("plan.md", "# The plan\nSleep\n")
  await stage.expect("plan.md", by(first, "# The plan", "Build the walls"), { in: one })
  await stage.expect("plan.md", by(second, "# The plan", "Dig a well"), { in: two })
  await stage.expect("plan.md", by("H", "# The plan", "Sleep"))
})

const two = (count: number): string => String(count).padStart(2, "0")
const numbered = (word: string): ReadonlyArray<string> =>
  Array.from({ length: 24 }, (_, index) => `${word} ${two(index)}`)
const text = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

scenario(59, "24 hooks at once, each a process of its own: none is lost", async (stage) => {
  const settings = readFileSync(join(stage.world.root, "project/.claude/settings.local.json"), "utf8")
  const deliver = async (payload: object): Promise<void> => {
    for (const command of ClaudeAgent.settings.commandsFor(settings, payload as never)) {
      const ran = await finished(spawn("/bin/sh", ["-c", command]), JSON.stringify(payload))
      if (ran.exit !== 0) throw new Error(`${command} ended with ${ran.exit}: ${ran.stderr}`)
    }
  }
  stage.write("f.txt", text(numbered("person")))
  stage.commit("Lines")
  const agents = await Promise.all(
    numbered("many").map((session) => heldBack(stage, { session: session.replace(" ", "-"), model: opus.model }))
  )
  for (const [index, { agent }] of agents.entries()) {
    await agent.write(`own-${two(index)}.txt`, `by agent ${two(index)}\n`)
    await agent.edit("f.txt", `person ${two(index)}\n`, `person ${two(index)}\nagent ${two(index)}\n`)
  }
  await Promise.all(
    agents.map(async ({ take }) => {
      for (const payload of take()) await deliver(payload)
    })
  )
  const lines = agents.flatMap(({ agent }, index) => [
    ...by("H", `person ${two(index)}`),
    ...by(agent, `agent ${two(index)}`)
  ])
  await stage.expect("f.txt", lines)
  for (const [index, { agent }] of agents.entries())
    await stage.expect(`own-${two(index)}.txt`, by(agent, `by agent ${two(index)}`))
  stage.commit("By many")
  await stage.expect("f.txt", lines, { of: { revision: "HEAD" } })
})

// All in one process, so that each of its looks takes its turn at one thread: fewer.
scenario(59, "eight hooks at once that are recorded in one process: none is lost", async (stage) => {
  stage.write("f.txt", "start\n")
  stage.commit("Start")
  const agents = await Promise.all(
    Array.from({ length: 8 }, (_, index) => stage.agent({ session: `many-${two(index)}`, model: sonnet.model }))
  )
  await Promise.all(
    agents.map(async (agent, index) => {
      await agent.write(`own-${two(index)}.txt`, `by agent ${two(index)}\n`)
      await agent.bash(`echo "and by command ${two(index)}" >> own-${two(index)}.txt`)
      await agent.stop()
    })
  )
  for (const [index, agent] of agents.entries())
    await stage.expect(`own-${two(index)}.txt`, [
      ...by(agent, `by agent ${two(index)}`),
      // With that many looks at once, one may be given up, so that no agent waits for it: then nobody knows.
      ...by(`${agent.owner} | U`, `and by command ${two(index)}`)
    ])
  await stage.expect("f.txt", by("H", "start"))
})

scenario(60, "two agents take turns at one file in one second: the order is that of the log", async (stage) => {
  stage.write("f.ts", "export const start = 0\nexport const end = 9\n")
  stage.commit("Range")
  const first = await stage.agent(opus)
  const second = await stage.agent(sonnet)
  await first.edit("f.ts", "export const end = 9\n", "let middle = half(start, end)\nexport const end = 9\n")
  await second.edit("f.ts", "let middle = half(start, end)\n", "await prepare()\nlet middle = half(start, end)\n")
  await first.edit("f.ts", "await prepare()\n", "if (process.stdin.isTTY) greet()\n")
  await second.edit(
    "f.ts",
    "if (process.stdin.isTTY) greet()\n",
    "log.info('nobody is here')\nif (process.stdin.isTTY) greet()\n"
  )
  await first.edit("f.ts", "export const start = 0\n", "")
  await second.edit("f.ts", "export const end = 9\n", "export const end = 9\nexport * from './range'\n")
  const lines = [
    ...by(second, "log.info('nobody is here')"),
    ...by(first, "if (process.stdin.isTTY) greet()", "let middle = half(start, end)"),
    ...by("H", "export const end = 9"),
    ...by(second, "export * from './range'")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("In turns")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

/** Nothing of what an agent does is seen but its payloads. */
const plain = (stage: Stage): Omit<Workplace, "deliver"> => ({
  cwd: stage.cwd,
  transcripts: join(stage.world.root, "user/.claude/projects"),
  reports: false,
  files: () => new Map()
})

/** An agent whose hooks are kept back until they are let go. */
const heldBack = async (stage: Stage, options: AgentOptions) => {
  const payloads: Array<Readonly<Record<string, unknown>>> = []
  const agent = await startAgent({ ...plain(stage), deliver: async (payload) => void payloads.push(payload) }, options)
  return {
    agent,
    /** Takes what is kept back. */
    take: () => payloads.splice(0),
    deliver: (some: ReadonlyArray<Readonly<Record<string, unknown>>>) => some.forEach((one) => stage.world.deliver(one))
  }
}

const steps = "export const north = 'N'\nexport const south = 'S'\n"

/** Three edits that build on each other; the lines that they leave. */
const threeEdits = async (
  stage: Stage,
  agent: Awaited<ReturnType<typeof startAgent>>
): Promise<ReadonlyArray<Line>> => {
  await agent.edit("f.ts", "export const north = 'N'\n", "export const north = 'N'\nawait turn(90)\n")
  await agent.edit("f.ts", "await turn(90)\n", "await turn(90)\nlog.debug('turned')\n")
  await agent.edit("f.ts", "await turn(90)\n", "if (!ready) throw new Error('not ready')\n")
  return [
    ...by("H", "export const north = 'N'"),
    ...by(agent, "if (!ready) throw new Error('not ready')", "log.debug('turned')"),
    ...by("H", "export const south = 'S'")
  ]
}

/** Whether the read models are what the events give, derived again. */
const expectSameAfterReplay = async (stage: Stage): Promise<void> => {
  const checks = await stage.world.run(Effect.flatMap(Projections, (projections) => projections.check([])))
  for (const { name, same, differences } of checks)
    stage.check(same, `${name} differs after a replay: ${JSON.stringify(differences)}`)
}

const orders: ReadonlyArray<readonly [string, (payloads: ReadonlyArray<object>) => ReadonlyArray<number>]> = [
  ["late, after the commit", (payloads) => [...payloads.keys()]],
  ["twice", (payloads) => [...payloads.keys()].flatMap((index) => [index, index])],
  ["all of them again", (payloads) => [...payloads.keys(), ...payloads.keys()]],
  ["backwards", (payloads) => [...payloads.keys()].reverse()],
  ["ends before starts", (payloads) => [...payloads.keys()].sort((a, b) => (b % 2) - (a % 2) || a - b)]
]

for (const [name, order] of orders) {
  scenario(61, `hooks are delivered ${name}: the same owners`, async (stage) => {
    stage.write("f.ts", steps)
    stage.commit("Directions")
    const { agent, take, deliver } = await heldBack(stage, opus)
    const lines = await threeEdits(stage, agent)
    const payloads = take()
    if (name.startsWith("late")) stage.commit("Turn")
    deliver(order(payloads).map((index) => payloads[index] ?? {}))
    await stage.expect("f.ts", lines)
    if (!name.startsWith("late")) stage.commit("Turn")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
    await expectSameAfterReplay(stage)
    // And whatever comes once more changes nothing.
    deliver(payloads)
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  })
}

scenario(61, "one agent's hooks come after another's, which built on its edits", async (stage) => {
  stage.write("f.ts", steps)
  stage.commit("Directions")
  const late = await heldBack(stage, opus)
  await late.agent.edit("f.ts", "export const north = 'N'\n", "export const north = 'N'\nawait turn(90)\n")
  const prompt = await stage.agent(sonnet)
  await prompt.edit("f.ts", "await turn(90)\n", "await turn(90)\nlog.debug('turned')\n")
  late.deliver(late.take())
  const lines = [
    ...by("H", "export const north = 'N'"),
    ...by(late.agent, "await turn(90)"),
    ...by(prompt, "log.debug('turned')"),
    ...by("H", "export const south = 'S'")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Turn")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(62, "the hook comes before the client has written the file", async (stage) => {
  stage.write("f.ts", steps)
  stage.commit("Directions")
  const claude = await stage.agent(opus)
  const after = `${steps}await turn(90)\n`
  const path = join(stage.cwd, "f.ts")
  await claude.call("Write", { file_path: path, content: after }, () => ({
    type: "update",
    filePath: path,
    content: after,
    structuredPatch: [],
    originalFile: steps,
    userModified: false
  }))
  // What is on disk is still the person's, all of it.
  await stage.expect("f.ts", by("H", "export const north = 'N'", "export const south = 'S'"))
  writeFileSync(path, after)
  const lines = [...by("H", "export const north = 'N'", "export const south = 'S'"), ...by(claude, "await turn(90)")]
  await stage.expect("f.ts", lines)
  stage.commit("Turn")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(
  62,
  "the disk has another content than the payload tells: what was told is the agent's, no more",
  async (stage) => {
    stage.write("f.ts", steps)
    stage.commit("Directions")
    const claude = await stage.agent(opus)
    const path = join(stage.cwd, "f.ts")
    const told = `${steps}await turn(90)\nawait turn(180)\nlog.debug( "turned" )\n`
    await claude.call("Write", { file_path: path, content: told }, () => {
      // A formatter had its way with it, and somebody else is at the file as well.
      const kept = `${steps}await turn(90)\nlog.debug("turned")\n`
      writeFileSync(path, `// Directions of the compass\n${kept}`)
      return {
        type: "update",
        filePath: path,
        content: told,
        structuredPatch: [],
        originalFile: steps,
        userModified: false
      }
    })
    const lines = [
      ...by("H", "// Directions of the compass", "export const north = 'N'", "export const south = 'S'"),
      ...by(claude, "await turn(90)", 'log.debug("turned")')
    ]
    await stage.expect("f.ts", lines)
    stage.commit("Turn")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  }
)

scenario(
  62,
  "an edit whose payload is about a content that never was on disk: no claim on what is there",
  async (stage) => {
    stage.write("f.ts", steps)
    stage.commit("Directions")
    const claude = await stage.agent(opus)
    const path = join(stage.cwd, "f.ts")
    await claude.call("Write", { file_path: path, content: "await turn(90)\n" }, () => ({
      type: "update",
      filePath: path,
      content: "await turn(90)\n",
      structuredPatch: [],
      originalFile: "export const up = 'U'\n",
      userModified: false
    }))
    stage.change("f.ts", "export const south = 'S'\n", "export const south = 'S'\nexport const down = 'D'\n")
    const lines = by("H", "export const north = 'N'", "export const south = 'S'", "export const down = 'D'")
    await stage.expect("f.ts", lines)
    stage.commit("Down")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  }
)
