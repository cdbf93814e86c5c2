/**
 * AGENTS.md: the commands and paths that it cites are there, as seen from its own folder, or the checkout's top. One in a folder
 * below speaks for that folder. Only what is a command or a path for sure is judged.
 */
import { posix } from "node:path"
import { parse as shellWords, type ParseEntry } from "shell-quote"
import { missingCommand } from "./Commands.ts"
import type { Code, Markdown } from "./Markdown.ts"
import { folderOf, has, resolved, type Suspicion, type Tree } from "./Tree.ts"

export const isAgentsFile = (path: string): boolean => posix.basename(path) === "AGENTS.md"

/** `before`: what was a path there was meant as one. */
export const wrongInAgents = (tree: Tree, path: string, { code }: Markdown, before: Tree): ReadonlyArray<Suspicion> => {
  const trees = { tree, before }
  return code.flatMap((one): ReadonlyArray<Suspicion> => {
    if (one.language === null) return inSpan(trees, path, one)
    return shells.has(one.language.toLowerCase()) ? inBlock(trees, path, one) : []
  })
}

interface Trees {
  readonly tree: Tree
  readonly before: Tree
}

const shells = new Set(["", "sh", "bash", "zsh", "shell", "console", "shell-session", "shellsession"])

/** What is to be made need not be there. */
const made =
  /\b(?:creates?|writes?|generates?|produces?|adds?|no|without|named|called)\s+(?:an?\s|the\s|any\s|your\s|new\s)*$/i

const inSpan = (trees: Trees, path: string, { text, line, before }: Code): ReadonlyArray<Suspicion> => {
  if (/\s/.test(text)) return inBlock(trees, path, { text, line, language: "", before })
  if (made.test(before)) return []
  const wrong = missingPath(trees, folderOf(path), text)
  return wrong === undefined ? [] : [{ path, line, rule: "agents-path", key: text, ...wrong }]
}

const inBlock = (trees: Trees, path: string, { text, line, language }: Code): ReadonlyArray<Suspicion> => {
  const isShell = language !== ""
  const { tree } = trees
  const found: Array<Suspicion> = []
  // A command's folder, from the top; undefined when it is not known any more.
  let folder: string | undefined = folderOf(path)
  for (const [index, written] of text.split("\n").entries()) {
    // What follows is input, not commands.
    if (/<<|^\s*(?:for|while|if|case|function)\b/.test(written)) break
    for (const words of commandsIn(written.replace(/^\s*[$>%]\s+/, ""))) {
      if (folder === undefined) return found
      if (words[0] === "cd") {
        const next: string | undefined = resolved(folder, words[1] ?? "")
        folder = next !== undefined && tree.folders.has(next) ? next : undefined
        continue
      }
      const key = words.join(" ")
      const place = { path, line: line + index, key }
      const missing = missingCommand(tree, folder, words)
      if (missing !== undefined) found.push({ ...place, rule: "agents-command", message: missing })
      const program = programPath(words, isShell)
      const wrong = program === undefined ? undefined : missingPath(trees, folder, program, true)
      if (wrong !== undefined) found.push({ ...place, rule: "agents-path", ...wrong })
    }
  }
  return found
}

/** Words that only say how the rest is to be run. */
const wrappers = new Set(["sudo", "time", "exec", "command", "env"])

const entriesOf = (line: string): ReadonlyArray<ParseEntry> => {
  try {
    return shellWords(line, (name) => `$${name}`)
  } catch {
    // "${" without its end: nobody can tell what it says.
    return []
  }
}

/** The commands of a line, without what can't be known before it runs. */
const commandsIn = (line: string): ReadonlyArray<ReadonlyArray<string>> => {
  const commands: Array<Array<string>> = [[]]
  let isKnown = true
  for (const entry of entriesOf(line)) {
    if (typeof entry === "string") commands.at(-1)?.push(entry)
    else if ("comment" in entry) break
    else if (entry.op === "glob") commands.at(-1)?.push(entry.pattern)
    else if (entry.op === ">" || entry.op === ">>" || entry.op === "<") isKnown = false
    else commands.push([])
    if (!isKnown) break
  }
  return commands
    .map((words) => {
      const start = words.findIndex((word) => !wrappers.has(word) && !/^\w+=/.test(word))
      return start < 0 ? [] : words.slice(start)
    })
    .filter((words) => words.length > 0)
}

const interpreters = new Set([
  "node",
  "python",
  "python3",
  "sh",
  "bash",
  "zsh",
  "ruby",
  "perl",
  "php",
  "tsx",
  "ts-node"
])

/** The file that a command runs, where it is one of the project's. A block of no known language may show a tree of folders. */
const programPath = ([program = "", first = ""]: ReadonlyArray<string>, isShell: boolean): string | undefined => {
  if (program.includes("/"))
    return /^\.{1,2}\//.test(program) || (isShell && !program.endsWith("/")) ? program : undefined
  if (program === "npx") return /^\.{1,2}\//.test(first) ? first : undefined
  if (!interpreters.has(program) || first.startsWith("-")) return undefined
  return first.includes("/") || /\.(?:[cm]?[jt]s|py|sh|rb|pl|php)$/.test(first) ? first : undefined
}

/** Names in capitals that are files, and do not stand for any. */
const files =
  /^(?:README|CHANGELOG|CONTRIBUTING|LICENSE|AGENTS|CLAUDE|SECURITY|ARCHITECTURE|TODO|NOTICE|AUTHORS|MAKEFILE)$/i

const missingPath = (
  { tree, before }: Trees,
  folder: string,
  written: string,
  isCommand = false
): Pick<Suspicion, "message" | "built"> | undefined => {
  const text = written.replace(/(?::\d+){1,2}$|#.*$/, "")
  if (!/^(?:\.{1,2}\/)*[\w.@+-]+(?:\/[\w.@+-]+)*\/?$/.test(text) || (!text.includes("/") && !isCommand))
    return undefined
  const parts = text.split("/").filter((part) => part !== "." && part !== ".." && part !== "")
  if (parts.length === 0 || parts.some(isExample)) return undefined
  const places = [...new Set([resolved(folder, text), resolved("", text)])].filter((place) => place !== undefined)
  // It leads out of the checkout.
  if (places.length === 0 || places.some((place) => has(tree, place) || isModule(tree, place))) return undefined
  const isMeant = isCommand || places.some((place) => has(before, place)) || isSurelyPath(tree, folder, text, parts)
  if (!isMeant || (!text.startsWith(".") && isTail(tree, text))) return undefined
  return {
    message: `${written} is not there`,
    built: text.endsWith("/") ? places.flatMap((place) => [place, `${place}/`]) : places
  }
}

/** Authors leave out what all the paths that they speak of begin with. */
const isTail = ({ files, folders }: Tree, text: string): boolean => {
  const tail = `/${text.replace(/\/$/, "")}`
  for (const file of files) if (file.endsWith(tail)) return true
  for (const folder of folders) if (folder.endsWith(tail)) return true
  return false
}

const isExample = (part: string): boolean => {
  const stem = part.replace(/\.\w+$/, "")
  return (
    (/^[A-Z][A-Z0-9_]*$/.test(stem) && !files.test(stem)) ||
    /^(?:foo|bar|baz|example|your|my)\b/i.test(stem) ||
    /X{2,}|Y{4}/.test(stem)
  )
}

/** Named without its ending, as imports are. */
const isModule = (tree: Tree, place: string): boolean =>
  [".ts", ".tsx", ".js", ".mjs", ".py", ".go", ".rs", ".md"].some((end) => tree.files.has(place + end))

/** "and/or", "origin/main", "text/html", "example.org/x", "v2/" are none. */
const isSurelyPath = (tree: Tree, folder: string, text: string, parts: ReadonlyArray<string>): boolean => {
  const [first = ""] = parts
  if (/^\.{1,2}\//.test(text)) return true
  if (first.startsWith("@")) return false
  if (tree.folders.has(first) || tree.folders.has(posix.join(folder, first))) return true
  if (first.includes(".") && !first.startsWith(".")) return false
  return /\.[A-Za-z]\w{0,7}$/.test(parts.at(-1) ?? "")
}
