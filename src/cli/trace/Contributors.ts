/** Contributors as people see them. */
import type { Contributor, ContributorType } from "../../domain/attribution/Attribution.ts"

export const colours = {
  ai: "magenta",
  human: "green",
  mixed: "yellow",
  unknown: "dim"
} as const satisfies Readonly<Record<ContributorType, string>>

/** "anthropic/claude-opus-4-5" alone is an AI's text; mixed text names the model too. */
export const labelOf = ({ type, model_id }: Contributor): string => {
  if (model_id === undefined) return type
  return type === "ai" ? model_id : `${type} ${model_id}`
}
