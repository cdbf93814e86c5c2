/** How scenarios run: each in three places, and each tells the scoreboard how it did. */
import { test } from "vitest"
import type { Score } from "./Score.ts"
import { newStage, type Stage, type Variant, variants } from "./Stage.ts"

declare module "vitest" {
  interface TaskMeta {
    /** Read by `npm run accuracy` from the report. */
    accuracy?: { readonly scenario: number; readonly variant: Variant; readonly score: Score }
  }
}

/** Of a scenario about size: once is enough, and it takes its time (milliseconds). */
export interface Size {
  readonly variants: ReadonlyArray<Variant>
  readonly timeout: number
}

/** Scenario `number` of the table in docs/attribution.md: the same body in the main checkout, a linked worktree and a subfolder. */
export const scenario = (
  number: number,
  title: string,
  body: (stage: Stage) => Promise<void>,
  { variants: places, timeout }: Size = { variants, timeout: 60_000 }
): void => {
  for (const variant of places) {
    test(`${number}: ${title} (${variant})`, { timeout }, async ({ task }) => {
      await using stage = await newStage(variant)
      try {
        await body(stage)
      } finally {
        task.meta.accuracy = { scenario: number, variant, score: stage.score }
      }
      if (stage.failures.length > 0) throw failure(stage.failures)
    })
  }
}

/** Where in this file it is thrown tells nobody anything, so it has no stack. */
const failure = (failures: ReadonlyArray<string>): Error => {
  const error = new Error(`\n${failures.join("\n\n")}`)
  error.stack = error.message
  return error
}
