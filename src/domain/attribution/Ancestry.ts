/** Which commits lead to which: along parents, as far as they are known. */

/** Knows all of a history's ancestors at once, a bit each: so many commits take 50 MB. */
const most = 20_000

export class Ancestry {
  readonly #parents: (commit: string) => ReadonlyArray<string>
  readonly #places = new Map<string, number>()
  readonly #known = new Map<string, Uint32Array>()
  readonly #words: number

  constructor(commits: ReadonlyMap<string, { readonly parents: ReadonlyArray<string> }>) {
    this.#parents = (commit) => commits.get(commit)?.parents ?? []
    for (const commit of commits.keys()) if (this.#places.size < most) this.#places.set(commit, this.#places.size)
    this.#words = (this.#places.size + 31) >> 5
  }

  /** Whether `ancestor` is an ancestor of `commit`, which does not lead to itself. */
  leads(ancestor: string, commit: string): boolean {
    const place = this.#places.get(ancestor)
    if (place === undefined) return false
    const ancestors = this.#known.get(commit) ?? this.#ancestorsOf(commit)
    return ((ancestors[place >> 5] ?? 0) & (1 << (place & 31))) !== 0
  }

  /** Parents first; without recursion, since a history is long. */
  #ancestorsOf(commit: string): Uint32Array {
    const waiting = [commit]
    for (let at = waiting.at(-1); at !== undefined; at = waiting.at(-1)) {
      const missing = this.#known.has(at) ? [] : this.#parents(at).filter((parent) => !this.#known.has(parent))
      if (missing.length > 0) {
        waiting.push(...missing)
        continue
      }
      if (!this.#known.has(at)) this.#known.set(at, this.#joined(this.#parents(at)))
      waiting.pop()
    }
    return this.#known.get(commit) ?? new Uint32Array(this.#words)
  }

  #joined(parents: ReadonlyArray<string>): Uint32Array {
    const all = new Uint32Array(this.#words)
    for (const parent of parents) {
      const above = this.#known.get(parent)
      for (let word = 0; word < this.#words; word++) all[word] = (all[word] ?? 0) | (above?.[word] ?? 0)
      const place = this.#places.get(parent)
      if (place !== undefined) all[place >> 5] = (all[place >> 5] ?? 0) | (1 << (place & 31))
    }
    return all
  }
}
