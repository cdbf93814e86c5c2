/** What a shell command can write, as far as its text tells. */
import { homedir } from "node:os"
import { basename, relative, resolve } from "node:path"
import picomatch from "picomatch"
import { parse } from "shell-quote"
import { formatterIn, isCheck, type Program, programs } from "./Programs.ts"
import { readShellText, unknownText } from "./ShellText.ts"

export interface CommandWrites {
  /** It writes nothing but what it names, and what git takes from its history. */
  readonly closed: boolean
  /** Whether it names a file, itself or by a pattern or folder, as one that it writes; one that may write anything, at all. */
  readonly names: (file: string) => boolean
  /** It can write nothing of its own. */
  readonly nothing: boolean
  /** What it runs beyond what is known only checks something: it may write, but hardly does. */
  readonly checks: boolean
  /** The files and folders that programs which may write anything are told of: their scripts and what they work on. */
  readonly operands: ReadonlyArray<string>
  /** git puts files there from its history. */
  readonly history: boolean
  /** Where a file that it makes comes from, by its words, and whether that stays. */
  readonly origin: (file: string) => { readonly from: string; readonly keeps: boolean } | undefined
  /** The formatter that it runs. */
  readonly formatter?: string
}

/** A call whose command is not known, or cannot be read, may write anything. */
export const anything: CommandWrites = {
  closed: false,
  names: () => false,
  nothing: false,
  checks: false,
  operands: [],
  history: false,
  origin: () => undefined
}

/** `cwd`: the absolute path of the folder that the command starts in. Paths asked about are absolute, with "/". */
export const commandWrites = (command: string, cwd: string): CommandWrites => {
  const reading = new Reading(cwd)
  reading.run(command)
  const { closed, makes, targets, operands, moves, history, formatter } = reading
  return {
    closed,
    history,
    checks: !closed && !makes,
    operands,
    nothing: closed && targets.length === 0,
    names: (file) =>
      targets.some((matches) => matches(file)) ||
      (!closed && [file, relative(cwd, file)].some((path) => mentions(command, path))),
    origin: (file) => {
      for (const { from, to, keeps } of moves) {
        if (file === to) return { from, keeps }
        if (file.startsWith(`${to}/`)) return { from: `${from}${file.slice(to.length)}`, keeps }
      }
      return undefined
    },
    ...(formatter === undefined ? {} : { formatter })
  }
}

type Matches = (file: string) => boolean

/** A word's text, of which parts may be unknown and others a pattern. */
interface Word {
  readonly text: string
  readonly glob: boolean
}

type Token = Word | { readonly op: string }

/** What begins a simple command within a compound one. */
const openers = new Set(["if", "then", "elif", "else", "while", "until", "do", "time", "!", "{"])
const closers = new Set(["fi", "done", "}", "esac"])

/** They run the rest of their words. */
const wrappers = new Set(["sudo", "env", "nohup", "command", "builtin", "exec", "nice", "timeout", "stdbuf"])

const separators = new Set([";", "&&", "||", "|", "|&", "&", ";;"])

const writing = new Set([">", ">>", ">|", "&>", "&>>", ">&", "<>"])

const devices = /^\/dev\/(?:null|stdout|stderr|tty|fd\/\d+)$/

class Reading {
  closed = true
  makes = false
  history = false
  formatter: string | undefined
  readonly targets: Array<Matches> = []
  readonly operands: Array<string> = []
  readonly moves: Array<{ readonly from: string; readonly to: string; readonly keeps: boolean }> = []
  #cwd: string | undefined
  readonly #variables = new Map<string, ReadonlyArray<string>>()

  constructor(cwd: string) {
    this.#cwd = cwd
  }

  run(command: string): void {
    const text = readShellText(command)
    if (text === undefined) return this.#open()
    for (const inner of text.inner) this.#apart(() => this.run(inner))
    const tokens = tokensOf(text.line)
    if (tokens === undefined) return this.#open()
    let words: Array<Word> = []
    const folders: Array<string | undefined> = []
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index]
      if (token === undefined) break
      if (!("op" in token)) words.push(token)
      else if (writing.has(token.op)) this.#redirect(token.op, tokens[++index])
      else if (token.op === "<" || token.op === "<<<") index++
      else if (separators.has(token.op) || token.op === "(" || token.op === ")") {
        // "name ()" defines a function, whose name then runs something unknown.
        if (token.op === "(" && words.length > 0) this.#open()
        this.#simple(words)
        words = []
        if (token.op === "(") folders.push(this.#cwd)
        if (token.op === ")") this.#cwd = folders.pop()
      } else this.#open()
    }
    this.#simple(words)
  }

  /** In a shell of its own: its folder is gone with it. */
  #apart(body: () => void): void {
    const cwd = this.#cwd
    body()
    this.#cwd = cwd
  }

  #open(makes = true): void {
    this.closed = false
    this.makes ||= makes
  }

  #redirect(op: string, target: Token | undefined): void {
    if (target === undefined || "op" in target) return this.#open()
    // "2>&1" and "2>&-" write no file.
    if (op === ">&" && /^(?:\d+|-)$/.test(target.text)) return
    if (!devices.test(target.text)) this.#write(target)
  }

  #simple(all: ReadonlyArray<Word>): void {
    let words = all
    while (words[0] !== undefined && openers.has(words[0].text)) words = words.slice(1)
    while (words[0] !== undefined && /^[A-Za-z_]\w*=/.test(words[0].text)) {
      const [name, value] = splitOnce(words[0].text, "=")
      if (words.length === 1) this.#assign(name, [{ text: value, glob: false }])
      words = words.slice(1)
    }
    const [first, ...args] = words
    if (first === undefined || closers.has(first.text)) return this.#after(first, args)
    if (first.text === "for") return this.#loop(args)
    if (first.text === "[[") return args.at(-1)?.text === "]]" ? undefined : this.#open()
    this.formatter ??= formatterIn(words.map(({ text }) => text))
    const name = basename(first.text)
    if (wrappers.has(name)) return this.#simple(unwrapped(name, args))
    if (name === "cd") return this.#enter(args)
    if (name === "xargs") return this.#eachLine(args)
    if (name === "git") return this.#git(args)
    this.#program(programs.get(name), args, name)
  }

  /** `} > file` and `done | …`: nothing runs here. */
  #after(closer: Word | undefined, args: ReadonlyArray<Word>): void {
    if (closer !== undefined && args.length > 0) this.#open()
  }

  #loop([name, word, ...values]: ReadonlyArray<Word>): void {
    if (name === undefined || word?.text !== "in") return this.#open()
    this.#assign(name.text, values)
  }

  /** Patterns stay patterns: what they stand for is not asked of the disk. */
  #assign(name: string, values: ReadonlyArray<Word>): void {
    const known = values.flatMap(({ text }) => this.#texts(text) ?? [unknownText])
    this.#variables.set(name, known)
  }

  #enter(args: ReadonlyArray<Word>): void {
    const target = args.at(-1)
    const [folder] = target === undefined ? [homedir()] : (this.#texts(target.text) ?? [])
    this.#cwd =
      folder === undefined || folder.includes(unknownText) || target?.glob === true || folder === "-"
        ? undefined
        : this.#resolve(folder)
  }

  /** What xargs runs gets words that nobody knows. */
  #eachLine(args: ReadonlyArray<Word>): void {
    const at = args.findIndex(({ text }) => !text.startsWith("-"))
    const program = at < 0 ? undefined : programs.get(basename(args[at]?.text ?? ""))
    if (program?.([...args.slice(at + 1).map(({ text }) => text), "file"])?.targets.length !== 0) this.#open()
  }

  #git(args: ReadonlyArray<Word>): void {
    this.#apart(() => {
      let rest = args
      while (rest[0]?.text.startsWith("-") === true) {
        if (rest[0].text === "-C") this.#enter(rest.slice(1, 2))
        rest = rest.slice(rest[0].text === "-C" || rest[0].text === "-c" ? 2 : 1)
      }
      this.#program(programs.get("git"), rest, "git")
    })
  }

  #program(program: Program | undefined, args: ReadonlyArray<Word>, name: string): void {
    const writes = program?.(args.map(({ text }) => text))
    if (writes === undefined) {
      this.#open(!isCheck([name, ...args.map(({ text }) => text)]))
      // What it is told by name is probably what it works on; its whole folder is not.
      for (const { text, glob } of args) {
        if (/^-|^\.{0,2}\/?$/.test(text)) continue
        this.#write({ text, glob }, false)
        this.operands.push(...[this.#single(text)].filter((path) => path !== undefined))
      }
      return
    }
    this.history ||= writes.history === true
    for (const text of writes.targets)
      this.#write({ text, glob: args.some((word) => word.glob && text.includes(word.text)) })
    for (const { from, to, keeps } of writes.moves ?? []) {
      const [source, target] = [this.#single(from), this.#single(to)]
      if (source !== undefined && target !== undefined) this.moves.push({ from: source, to: target, keeps })
    }
  }

  /** `binding`: where this cannot be told, anything may be written. */
  #write(word: Word, binding = true): void {
    const texts = this.#texts(word.text)
    const matchers = texts?.map((text) => this.#matcher(text, word.glob || /[*?[]/.test(text)))
    if (matchers === undefined || matchers.includes(undefined)) {
      if (binding) this.#open()
      return
    }
    this.targets.push(...matchers.filter((matches) => matches !== undefined))
  }

  #matcher(text: string, glob: boolean): Matches | undefined {
    // Text that begins in the dark may lead anywhere.
    if (text.startsWith(unknownText) || text === "") return undefined
    const path = this.#resolve(text)
    if (path === undefined) return undefined
    const literal: Matches = (file) => file === path || file.startsWith(`${path}/`)
    if (!glob && !path.includes(unknownText)) return literal
    // The folders before the first pattern are what they are, whatever characters are in their names.
    const [folder = ""] = /^(?:[^*?[{]*\/)?/.exec(text.replaceAll(unknownText, "*")) ?? []
    const base = this.#resolve(folder === "" ? "." : folder)?.replace(/\/$/, "")
    if (base === undefined) return undefined
    const pattern = text.slice(folder.length).replaceAll(unknownText, "*")
    const matches = picomatch([pattern, `${pattern}/**`], { dot: true, nonegate: true })
    return (file) => literal(file) || (file.startsWith(`${base}/`) && matches(file.slice(base.length + 1)))
  }

  #resolve(text: string): string | undefined {
    if (text === "~" || text.startsWith("~/")) return resolve(homedir(), text.slice(2))
    if (text.startsWith("/")) return resolve(text)
    return this.#cwd === undefined ? undefined : resolve(this.#cwd, text)
  }

  /** The path of a word that stands for one. */
  #single(text: string): string | undefined {
    const texts = this.#texts(text)
    if (texts?.length !== 1 || texts[0] === undefined || /[*?[]/.test(texts[0]) || texts[0].includes(unknownText))
      return undefined
    return this.#resolve(texts[0])
  }

  /** What a word may be, its known variables put in. */
  #texts(text: string): ReadonlyArray<string> | undefined {
    const found = variable.exec(text)
    if (found === null) return [text]
    const values = this.#variables.get(found[1] ?? "") ?? [unknownText]
    const all = values.flatMap((value) => this.#texts(text.replace(found[0], () => value)) ?? [])
    return all.length > 200 ? undefined : all
  }
}

/** How a variable stands in a word until its value is known: between characters that no command has. */
const [opening, closing] = ["\u{F0000}", "\u{F0001}"]
const variable = new RegExp(`${opening}([^${closing}]*)${closing}`, "u")

const tokensOf = (line: string): ReadonlyArray<Token> | undefined => {
  try {
    return parse(line, (name) => `${opening}${name}${closing}`).flatMap((entry): ReadonlyArray<Token> => {
      if (typeof entry === "string") return [{ text: entry, glob: /\{[^}]*,[^}]*\}/.test(entry) }]
      if ("comment" in entry) return []
      return "pattern" in entry ? [{ text: entry.pattern, glob: true }] : [{ op: entry.op }]
    })
  } catch {
    // Not a command that the library can split ("bad substitution").
    return undefined
  }
}

/** Without the wrapper's own options, assignments and, of timeout and nice, numbers. */
const unwrapped = (name: string, args: ReadonlyArray<Word>): ReadonlyArray<Word> => {
  const at = args.findIndex(
    ({ text }) => !/^-|^[A-Za-z_]\w*=/.test(text) && !(/^(?:timeout|nice)$/.test(name) && /^\d/.test(text))
  )
  return at < 0 ? [] : args.slice(at)
}

const splitOnce = (text: string, by: string): readonly [string, string] => {
  const at = text.indexOf(by)
  return [text.slice(0, at), text.slice(at + by.length)]
}

/** Whether a text speaks of a path: a script may write there. */
export const mentions = (text: string, path: string): boolean => {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const [before, after] = [text.slice(Math.max(0, at - 3), at), text.slice(at + path.length, at + path.length + 2)]
    if (/(?:^|[^\w./-]|(?:^|[^\w.])\.\/)$/.test(before) && !/^(?:[\w-]|\.\w)/.test(after)) return true
  }
  return false
}
