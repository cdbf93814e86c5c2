/**
 * Random work on random files, compared with the oracle after every commit and at the end.
 *
 * A seed gives a plan: names of operations, each with a seed of its own. An operation looks at what is there and does what its
 * seed says, or nothing; so any part of a plan is a plan too, and a failing one can be made small by leaving operations out.
 * Time stands still but where the seed says that a second begins, so a seed means the same on a slow machine.
 */
import { standStill } from "../Clock.ts"
import { linesOf } from "../Expect.ts"
import { edits, newFile, type Operation } from "./Edits.ts"
import { gitOperations } from "./GitOperations.ts"
import type { Tally } from "./Model.ts"
import { newPlay, type Play } from "./Play.ts"
import { randomFrom } from "./Random.ts"

export interface Step {
  readonly name: string
  readonly seed: number
}

export interface Outcome {
  readonly seed: number
  /** What was wrong at the first comparison that found anything; the run ends there. */
  readonly wrong: ReadonlyArray<string>
  /** What was done, as a test on the stage would say it. */
  readonly log: ReadonlyArray<string>
  readonly tally: Tally
  /** The operations up to there. */
  readonly plan: ReadonlyArray<Step>
}

const operations: Readonly<Record<string, readonly [weight: number, Operation]>> = { ...edits, ...gitOperations }

const names = Object.entries(operations).flatMap(([name, [weight]]) => Array.from({ length: weight }, () => name))

export const planOf = (seed: number): ReadonlyArray<Step> => {
  const random = randomFrom(seed)
  return Array.from({ length: 22 + random.below(8) }, () => ({
    name: random.pick(names),
    seed: random.below(2 ** 31)
  }))
}

/** Every fourth seed asks only at its end: then nothing was learned on the way. */
const isLate = (seed: number): boolean => seed % 4 === 3

export const fuzz = async (seed: number, plan: ReadonlyArray<Step> = planOf(seed)): Promise<Outcome> => {
  using clock = standStill()
  const play = await newPlay(seed, clock)
  const outcome = (wrong: ReadonlyArray<string>, done: number): Outcome => ({
    seed,
    wrong,
    log: play.log,
    tally: play.model.tally,
    plan: plan.slice(0, done)
  })
  try {
    const random = randomFrom(seed + 1)
    for (let file = 0; file < 1 + (seed % 3); file++) newFile(play, random)
    play.git("add", "--all")
    play.git("commit", "--quiet", "--message", "Files")
    for (const [index, step] of plan.entries()) {
      const moves = play.moves()
      await operations[step.name]?.[1](play, randomFrom(step.seed))
      if (isLate(seed) || play.moves() === moves) continue
      const wrong = await wrongAt(play, "HEAD")
      if (wrong.length > 0) return outcome(wrong, index + 1)
    }
    const commits = isLate(seed) ? play.ask("rev-list", "HEAD").slice(0, -1) : []
    for (const revision of ["worktree", ...commits]) {
      const wrong = await wrongAt(play, revision)
      if (wrong.length > 0) return outcome(wrong, plan.length)
    }
    return outcome([], plan.length)
  } catch (cause) {
    throw new Error(`seed ${seed} could not be played:\n${play.log.join("\n")}`, { cause })
  } finally {
    await play.stage[Symbol.asyncDispose]()
  }
}

const wrongAt = async (play: Play, revision: string): Promise<ReadonlyArray<string>> => {
  const { stage, model, ask } = play
  const isDisk = revision === "worktree"
  const all = isDisk ? play.files() : ask("ls-tree", "-r", "--name-only", revision)
  const wrong: Array<string> = []
  for (const file of all.filter((name) => name.endsWith(".txt"))) {
    const texts = isDisk ? play.lines(file) : linesOf(`${stage.git("show", `${revision}:./${file}`)}\n`)
    const found = await stage.blame(file, { of: isDisk ? "worktree" : { revision } })
    wrong.push(...model.wrongIn(`${file} ${isDisk ? "on disk" : `of ${revision.slice(0, 9)}`}`, texts, found))
  }
  return wrong
}

/** The same failure with as few operations as leaving some out can reach. `most`: runs that it may take. */
export const shrunk = async (failed: Outcome, most = 60): Promise<Outcome> => {
  let best = failed
  let runs = 0
  for (
    let size = Math.ceil(best.plan.length / 2);
    size >= 1 && runs < most;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = best.plan.length - size; at > -size && runs < most; at -= size) {
      const from = Math.max(at, 0)
      const plan = best.plan.toSpliced(from, at + size - from)
      runs += 1
      const outcome = await fuzz(best.seed, plan).catch(() => undefined)
      if (outcome !== undefined && outcome.wrong.length > 0) best = outcome
    }
  }
  return best
}

/** All that somebody needs to see it again. */
export const report = ({ seed, wrong, log, plan }: Outcome): string =>
  [`seed ${seed} (${plan.length} operations)`, ...wrong, "after:", ...log].join("\n")
