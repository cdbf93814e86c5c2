/** One run on the stage: its actors, its oracle, and the log of all that was done, written so that it can be done again by hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Agent, opus, sonnet } from "../Agent.ts"
import type { StandingClock } from "../Clock.ts"
import { linesOf } from "../Expect.ts"
import { newStage, type Stage, variants } from "../Stage.ts"
import { type Model, newModel } from "./Model.ts"
import { randomFrom } from "./Random.ts"

export type AgentName = "claude" | "other"

export interface Play {
  readonly stage: Stage
  readonly model: Model
  readonly log: Array<string>
  readonly agents: Readonly<Record<AgentName, Agent>>
  /** Runs git; it must succeed. Revisions are said so that they mean the same in another run: no ids. */
  readonly git: (...args: ReadonlyArray<string>) => string
  /** Runs git, which may refuse or stop at a conflict; whether it succeeded. */
  readonly tryGit: (...args: ReadonlyArray<string>) => boolean
  readonly tryGitWith: (env: Readonly<Record<string, string>>, told: string, ...args: ReadonlyArray<string>) => boolean
  readonly write: (file: string, lines: ReadonlyArray<string>) => void
  /** An agent does something; `told` is how a test would say it. */
  readonly act: (who: AgentName, told: string, act: (agent: Agent) => Promise<unknown>) => Promise<void>
  /** Asks git without changing anything; not logged. */
  readonly ask: (...args: ReadonlyArray<string>) => ReadonlyArray<string>
  /** Text files on disk, whether git knows them or not. */
  readonly files: () => ReadonlyArray<string>
  readonly lines: (file: string) => ReadonlyArray<string>
  /** Whether git goes on with an operation that stopped. */
  readonly isUnderWay: (operation: "rebase" | "merge" | "cherry-pick" | "revert") => boolean
  readonly isDirty: () => boolean
  /** How often HEAD moved. */
  readonly moves: () => number
}

export const contentOf = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** So many of a hundred things that are done begin in a new second. With fewer, nothing tells some of them apart. */
const paces = [15, 30, 60, 100]

const quoted = (args: ReadonlyArray<string>): string => args.map((arg) => JSON.stringify(arg)).join(", ")

/** The seed decides where it runs, how lines look, and how many things fall into one second. */
export const newPlay = async (seed: number, clock: StandingClock): Promise<Play> => {
  const stage = await newStage(variants[Math.floor(seed / 2) % variants.length])
  const model = newModel(Math.floor(seed / 5))
  const log: Array<string> = [`// ${stage.variant}`]
  const random = randomFrom(seed)
  const pace = random.pick(paces)
  const goOn = (): void => {
    clock.advance(1)
    if (!random.chance(pace)) return
    log.push("clock.advance(1000)")
    clock.advance(1000)
  }
  const agents = { claude: await stage.agent(opus), other: await stage.agent(sonnet) }
  const ask: Play["ask"] = (...args) =>
    stage
      .git("-c", "core.quotePath=off", ...args)
      .split("\n")
      .filter((line) => line !== "")
  const succeeds = (told: string, args: ReadonlyArray<string>, run: () => unknown): boolean => {
    goOn()
    try {
      run()
      log.push(`stage.git${told}${quoted(args)})`)
      return true
    } catch (cause) {
      if (!String(cause).includes(`git ${args.join(" ")} failed`)) throw cause
      log.push(`stage.gitFails${told}${quoted(args)})`)
      return false
    }
  }
  // Looked at on disk: a process for every question would be most of what a run takes.
  const folder = stage.git("rev-parse", "--absolute-git-dir")
  const heads = {
    merge: "MERGE_HEAD",
    "cherry-pick": "CHERRY_PICK_HEAD",
    revert: "REVERT_HEAD",
    rebase: "rebase-merge"
  }
  return {
    stage,
    model,
    log,
    agents,
    git: (...args) => {
      goOn()
      log.push(`stage.git(${quoted(args)})`)
      return stage.git(...args)
    },
    tryGit: (...args) => succeeds("(", args, () => stage.git(...args)),
    tryGitWith: (env, told, ...args) => succeeds(`With(${told}, `, args, () => stage.gitWith(env, ...args)),
    write: (file, lines) => {
      goOn()
      log.push(`stage.write(${JSON.stringify(file)}, ${JSON.stringify(contentOf(lines))})`)
      stage.write(file, contentOf(lines))
    },
    act: async (who, told, act) => {
      goOn()
      log.push(`await ${who}.${told}`)
      await act(agents[who])
    },
    ask,
    files: () =>
      ["", "in/"].flatMap((inside) =>
        !existsSync(join(stage.cwd, inside))
          ? []
          : readdirSync(join(stage.cwd, inside))
              .filter((name) => name.endsWith(".txt"))
              .map((name) => `${inside}${name}`)
              .sort()
      ),
    lines: (file) => linesOf(stage.read(file)),
    isUnderWay: (operation) => existsSync(join(folder, heads[operation])),
    moves: () => readFileSync(join(folder, "logs/HEAD"), "utf8").split("\n").length,
    isDirty: () => ask("status", "--porcelain").length > 0
  }
}
