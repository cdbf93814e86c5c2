/** The Enforcer: how long an agent waits for the verdict on its stop, and how long the decision itself takes. */
import { spawnSync } from "node:child_process"
import { hash } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ClaudeAgent } from "../src/adapters/agents/claude/ClaudeAgent.ts"
import { SessionId } from "../src/domain/Ids.ts"
import { evolve, initial, type State } from "../src/domain/boulder/Boulder.ts"
import { RunId } from "../src/domain/boulder/BoulderEvents.ts"
import { algorithm, decide } from "../src/domain/boulder/Decide.ts"
import { defaultLimits, type Limits } from "../src/domain/boulder/Limits.ts"
import { observe, type World } from "../src/domain/boulder/Observe.ts"
import { TaskId } from "../src/domain/boulder/TaskEvents.ts"
import { turnAfter } from "../src/domain/boulder/Turn.ts"
import type { Bench } from "./Bench.ts"
import { environment, fill, launch } from "./processes.ts"
import { absolute, median, type Result, time } from "./Result.ts"

export const names = {
  stop: "stop verdict, gates cached",
  decide: "decide, run of 10,000 events"
}

/** Limits that a benchmark does not reach. */
const wide: Limits = {
  ...defaultLimits,
  perRun: 1000,
  perTask: 1000,
  perHour: 1000,
  sinceHuman: 1000,
  textOnly: 1000,
  sameProgress: 1000,
  oscillation: 1000
}

/** The command that `nexus init` wrote for Stop, in a repository whose gates have passed, on a log of 10,000 events. */
export const stopVerdict = async (bench: Bench): Promise<Result> => {
  const folder = bench.folder()
  const home = join(folder, "home")
  const repository = join(folder, "repository")
  await fill(bench, home, 10_000)
  const run = (file: string, ...args: ReadonlyArray<string>): void => {
    const { status, stderr } = spawnSync(file, args, { cwd: repository, encoding: "utf8" })
    if (status !== 0) throw new Error(`${file} ${args.join(" ")}: ${stderr}`)
  }
  const nexus = (...args: ReadonlyArray<string>) => run(process.execPath, bench.program, "--home", home, ...args)
  mkdirSync(join(repository, ".nexus"), { recursive: true })
  const { perRun, perTask, perHour, sinceHuman, textOnly, sameProgress, oscillation } = wide
  const limits = { perRun, perTask, perHour, sinceHuman, textOnly, sameProgress, oscillation }
  writeFileSync(
    join(repository, ".nexus", "config.jsonc"),
    JSON.stringify({ enforcer: { limits }, gates: { ci: { command: ["git", "--version"] } } })
  )
  writeFileSync(join(repository, ".gitignore"), ".nexus\n.claude\n")
  run("git", "init", "--quiet")
  run("git", "add", "--all")
  run("git", "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "--message", "feat: begin")
  nexus("init", "--agent", "claude", "--yes")
  nexus("task", "add", "Write the parser")
  nexus("boulder", "arm")
  nexus("gate", "run")
  const settings = readFileSync(join(repository, ClaudeAgent.settings.file("local")), "utf8")
  const payload = { session_id: "bench", cwd: repository, hook_event_name: "Stop", stop_hook_active: false }
  const [command = ""] = ClaudeAgent.settings.commandsFor(settings, payload)
  const common = { cwd: repository, env: environment(folder) }
  const inputs = [JSON.stringify(payload)]
  const [ours = [], floor = []] = launch(bench, {
    runs: 41,
    jobs: [
      { ...common, file: "/bin/sh", args: ["-c", command], inputs },
      { ...common, file: process.execPath, args: ["-e", "0"], inputs: [] }
    ]
  })
  return time(names.stop, "ms", median(ours), median(floor), 3)
}

/** From the run's state to the verdict: what is done for each stop beside reading and writing. */
export const decision = (): Result => {
  const session = SessionId.make("claude:bench")
  const run = RunId.make("R-1")
  const sha256 = (text: string): string => hash("sha256", text)
  let position = 0
  const at = () => ({ position: ++position, time: 1_795_900_000_000 + position * 1000, by: "bench" })
  const armed = {
    run,
    scope: { kind: "project" },
    tasks: "all",
    mode: "enforce",
    checkout: "/home/ada/shop",
    base: null,
    uncommitted: [],
    gates: [],
    files: []
  } as const
  let state: State = evolve(initial, { type: "BoulderArmed", payload: armed }, at())
  const judge = () => {
    const held = state.runs[0]
    if (held === undefined) throw new Error("the run is over")
    const before = held.conversations[session] ?? { failures: { inRow: 0, last: null }, compacted: null }
    const turn = { ...turnAfter(before), acted: true, answer: `Answer ${position}.` }
    const facts = observe(state, held, turn, worldAt(session, position), wide, sha256)
    return { run, session, ...decide(facts, wide), algorithm, facts, limits: wide }
  }
  // A run that observes is never over, however many stops it has seen.
  state = { ...state, runs: state.runs.map((one) => ({ ...one, mode: "observe" as const })) }
  while (position < 10_000) state = evolve(state, { type: "StopDecided", payload: judge() }, at())
  const took = Array.from({ length: 1000 }, () => {
    const started = performance.now()
    judge()
    return performance.now() - started
  })
  const value = median(took)
  return absolute(names.decide, "ms", value, 1, value <= 1)
}

const worldAt = (session: SessionId, position: number): World => ({
  now: 1_795_900_000_000 + position * 1000,
  client: "claude",
  session,
  off: null,
  mode: "enforce",
  stop: {
    kind: "stop",
    isNamed: true,
    intent: null,
    background: 0,
    failure: null,
    contextPercent: null,
    turn: null,
    delivered: 1_795_900_000_000 + position * 1000
  },
  tasks: Array.from({ length: 100 }, (_, index) => ({
    id: TaskId.make(`T-${index + 1}`),
    title: `Task ${index + 1}`,
    priority: index,
    after: index === 0 ? [] : [TaskId.make(`T-${index}`)],
    gates: [],
    origin: undefined,
    status: index < 50 ? ("done" as const) : ("open" as const),
    reason: null,
    by: null
  })),
  atWork: new Set(),
  gates: [{ name: "ci", verdict: "passed", id: 1, signature: null }],
  alarms: [],
  tokens: null,
  tree: `tree ${position}`
})
