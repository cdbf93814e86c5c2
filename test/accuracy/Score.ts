/** How well attribution did: lines counted over expectations. */
import type { BlamedLine } from "../../src/domain/attribution/Attribution.ts"
import { isOwner, isSession, type Line, typesOf } from "./Expect.ts"

export interface Score {
  /** Lines of which the owner was expected. */
  lines: number
  /** Lines that an AI wrote, and how many of them were given to that AI's session. */
  aiLines: number
  aiFound: number
  /** Of those found: the model is the right one. */
  modelsRight: number
  /** Said to be an AI's, wholly or in part, when it is a person's or nobody can know; or wholly, when it is mixed. */
  falseAi: number
  /** Said to be a person's when an AI wrote it, wholly or in part, or when nobody can know. */
  falseHuman: number
  /** Said to be unknown although it can be known. */
  unknown: number
}

export const nothing = (): Score => ({
  lines: 0,
  aiLines: 0,
  aiFound: 0,
  modelsRight: 0,
  falseAi: 0,
  falseHuman: 0,
  unknown: 0
})

/** Adds one line. */
export const count = (score: Score, [, owner]: Line, found: BlamedLine | undefined): void => {
  const allowed = typesOf(owner)
  score.lines += 1
  if (allowed.has("ai")) score.aiLines += 1
  if (found === undefined) return
  const { type } = found.contributor
  if (allowed.has("ai") && type === "ai" && isSession(owner, found)) {
    score.aiFound += 1
    if (isOwner(owner, found)) score.modelsRight += 1
  }
  if (allowed.has(type)) return
  if (type === "ai" || (type === "mixed" && !allowed.has("ai"))) score.falseAi += 1
  if (type === "human") score.falseHuman += 1
  if (type === "unknown") score.unknown += 1
}
