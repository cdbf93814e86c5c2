/**
 * Commands that go past the project's git hooks. They are looked for in text, so what is found is refused to an agent and told to a
 * person, and is never the only proof: the commits themselves are judged by their gate.
 */

/** Whether a shell's command commits, pushes or the like without the project's hooks. */
export const isBypass = (command: string): boolean =>
  // What is quoted may say anything; a here-document is taken for commands, line by line.
  command
    .replace(/\\\n/g, " ")
    .replace(/"(?:[^"\\]|\\.)*"|'[^']*'/gs, "''")
    .split(/[\n;|&()]+/)
    .some((simple) => isBypassing(simple.trim().split(/\s+/)))

const hooked = new Set(["commit", "push", "merge", "rebase", "am", "cherry-pick", "revert"])
const wrappers = new Set(["env", "sudo", "command", "exec", "time", "nohup"])

const isBypassing = (words: ReadonlyArray<string>): boolean => {
  let off = false
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] ?? ""
    if (/^(?:HUSKY=0|LEFTHOOK=0|SKIP=.+)$/.test(word)) off = true
    else if (!/^\w+=/.test(word) && !wrappers.has(word)) break
  }
  if (!/^(?:\S*\/)?git$/.test(words[at] ?? "")) return false
  for (at++; at < words.length; at++) {
    const word = words[at] ?? ""
    if (word === "-c" && /^core\.hooksPath=/i.test(words[at + 1] ?? "")) off = true
    // These take the word after them.
    if (/^(?:-c|-C|--git-dir|--work-tree|--namespace)$/.test(word)) at++
    else if (!word.startsWith("-")) break
  }
  const command = words[at] ?? ""
  if (!hooked.has(command)) return false
  const options = words.slice(at + 1)
  return off || options.includes("--no-verify") || (command === "commit" && options.some(hasShortN))
}

/** `-n` among short options; what stands behind one that takes a value is its value. */
const hasShortN = (word: string): boolean => /^-[^-mFCctuSn]*n/.test(word)
