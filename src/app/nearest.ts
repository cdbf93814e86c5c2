/** "Did you mean": the known word that a mistyped one is nearest to. */
import { distance } from "fastest-levenshtein"

/** Undefined when none is near: at most about a third of the word may be wrong. */
export const nearest = (word: string, known: ReadonlyArray<string>): string | undefined => {
  const ranked = known.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best !== undefined && best.far <= Math.max(1, Math.round(word.length / 3)) ? best.one : undefined
}
