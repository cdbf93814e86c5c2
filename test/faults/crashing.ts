/** Killing a child again and again, at random moments of its work. */
import { setTimeout as pause } from "node:timers/promises"
import type { Running } from "../support/processes.ts"
import { randomFrom } from "./invariants.ts"

/** Another one each time; the environment can ask for the one of a failure. */
export const seed = Number(process.env["NEXUS_TEST_SEED"] ?? Date.now() % 1_000_000)

export interface Crashes {
  readonly kills: number
  /** Starts the child, which prints "ready" and then one line after each acknowledged step. */
  readonly start: (kill: number) => Running
  /** Goes on beside the child until told to stop. */
  readonly beside?: (stopped: () => boolean) => Promise<void>
  /** Which lines end a step whose duration counts. Default: all. */
  readonly counts?: (line: string) => boolean
  /** How many times the median step a child may live at most. Default: 3. */
  readonly reach?: number
  /** How long a step may take, in milliseconds, before any was seen. Default: 20. */
  readonly guess?: number
  /** Looks at what is left; `steps` are the acknowledged ones. */
  readonly verify: (steps: ReadonlyArray<string>, kill: number) => Promise<void>
}

/** Kills `kills` children, each within a few times the median step after it was ready. */
export const crash = async (
  name: string,
  { kills, start, verify, beside, counts = () => true, reach = 3, guess = 20 }: Crashes
): Promise<void> => {
  const random = randomFrom(seed ^ name.length)
  const took: Array<number> = [guess]
  for (let kill = 1; kill <= kills; kill++) {
    try {
      await using child = start(kill)
      await child.printed(1)
      let stopped = false
      const work = beside?.(() => stopped)
      const lives = random() * reach * median(took)
      await pause(lives)
      await child.kill()
      stopped = true
      await work
      const { killed, stderr } = await child.ended
      if (!killed) throw new Error(`the child ended by itself: ${stderr}`)
      const known = took.length
      for (const [index, time] of child.times.entries()) {
        if (index > 0 && counts(child.lines[index] ?? "")) took.push(time - (child.times[index - 1] ?? 0))
      }
      // A step that is longer than all that it was given is at least as long as that.
      if (took.length === known && lives > median(took)) took.push(lives)
      await verify(child.lines.slice(1), kill)
    } catch (cause) {
      throw new Error(`${name}, kill ${kill} of ${kills}, NEXUS_TEST_SEED=${seed}: ${String(cause)}`, { cause })
    }
  }
}

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
