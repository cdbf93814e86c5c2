/**
 * Commands that can lose work which is nowhere else. They are looked for in text, quickly and generously: what is taken for one by
 * mistake costs a checkpoint more, and what is missed is still among the files that the last checkpoint has.
 */

/** The part of a shell's command that can lose work; undefined where there is none. */
export const riskIn = (command: string): string | undefined => {
  if (!suspect.test(command)) return undefined
  // What is quoted may be commands for another shell, so it is read as such.
  return command
    .replace(/\\\n/g, " ")
    .replace(/["'\\]/g, "")
    .split(/[\n;|&()`{}]+/)
    .map((simple) => simple.trim())
    .find((simple) => isRisky(simple.split(/\s+/)))
}

/** Most commands have none of these words: they are told by one look. */
const suspect = /\b(?:rm|git|find|truncate|dd|shred|mkfs\S*|wipefs|rsync|unlink)\b/

/** They run the rest of their words. */
const wrappers = new Set(
  "sudo env command exec time nohup nice timeout stdbuf xargs eval builtin sh bash zsh dash then do else ! if while".split(
    " "
  )
)

const isRisky = (all: ReadonlyArray<string>): boolean => {
  let words = all
  while (words[0] !== undefined && (/^\w+=/.test(words[0]) || wrappers.has(nameOf(words[0])))) {
    words = words.slice(1)
    // Of the wrapper: its options, and times such as those of timeout.
    while (words[0] !== undefined && /^-|^\d+[smh]?$/.test(words[0])) words = words.slice(1)
  }
  const [program, ...rest] = words
  return program !== undefined && (risks[nameOf(program)]?.(rest) ?? /^mkfs(?:\.|$)/.test(nameOf(program)))
}

const nameOf = (word: string): string => word.slice(word.lastIndexOf("/") + 1)

/** Whether short options, together or apart, have a letter. */
const short = (words: ReadonlyArray<string>, letters: string): boolean =>
  words.some((word) => /^-[^-]/.test(word) && Array.from(letters).some((letter) => word.includes(letter)))

const some = (words: ReadonlyArray<string>, ...wanted: ReadonlyArray<string>): boolean =>
  words.some((word) => wanted.includes(word.split("=")[0] ?? ""))

const risks: Readonly<Record<string, (words: ReadonlyArray<string>) => boolean>> = {
  rm: (words) => short(words, "rR") || some(words, "--recursive") || words.some((word) => /[*?[]/.test(word)),
  find: (words) =>
    some(words, "-delete") || (some(words, "-exec", "-execdir") && words.some((word) => nameOf(word) === "rm")),
  truncate: () => true,
  shred: () => true,
  wipefs: () => true,
  unlink: () => true,
  dd: (words) => some(words, "of"),
  rsync: (words) => words.some((word) => /^--del(?:ete.*)?$/.test(word)),
  git: (words) => {
    let at = 0
    // These take the word after them.
    while (words[at]?.startsWith("-") === true)
      at += /^(?:-c|-C|--git-dir|--work-tree|--namespace)$/.test(words[at] ?? "") ? 2 : 1
    const rest = words.slice(at + 1)
    return some(rest, "--abort") || (gitRisks[words[at] ?? ""]?.(rest) ?? false)
  }
}

const gitRisks: Readonly<Record<string, (words: ReadonlyArray<string>) => boolean>> = {
  reset: (words) => some(words, "--hard", "--merge"),
  clean: (words) => (short(words, "f") || some(words, "--force")) && !short(words, "n") && !some(words, "--dry-run"),
  checkout: (words) => some(words, "--", ".", "--force", "--theirs", "--ours") || short(words, "f"),
  switch: (words) => some(words, "--force", "--discard-changes") || short(words, "f"),
  restore: (words) => !(some(words, "--staged") || short(words, "S")) || some(words, "--worktree") || short(words, "W"),
  stash: (words) => some(words, "drop", "clear"),
  branch: (words) => short(words, "D") || (some(words, "--delete") && some(words, "--force")),
  push: (words) =>
    some(words, "--force", "--force-with-lease", "--mirror", "--delete", "--prune") ||
    short(words, "fd") ||
    words.some((word) => /^[+:]/.test(word)),
  rebase: () => true,
  pull: (words) => some(words, "--rebase", "--force") || short(words, "rf"),
  rm: (words) => short(words, "rf") || some(words, "--force"),
  "filter-branch": () => true,
  "filter-repo": () => true,
  reflog: (words) => some(words, "expire", "delete"),
  gc: (words) => some(words, "--prune"),
  prune: () => true,
  "update-ref": (words) => short(words, "d"),
  worktree: (words) => some(words, "remove")
}
