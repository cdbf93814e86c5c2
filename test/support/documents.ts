/** What the documents tell the reader to type. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

/** README.md and docs/*.md, those that are there. */
export const documents = (): ReadonlyArray<string> => {
  const docs = join(root, "docs")
  const inDocs = existsSync(docs) ? readdirSync(docs).filter((name) => name.endsWith(".md")) : []
  return ["README.md", ...inDocs.sort().map((name) => `docs/${name}`)].filter((name) => existsSync(join(root, name)))
}

export const textOf = (document: string): string => readFileSync(join(root, document), "utf8")

export interface Fence {
  /** What stands behind the opening fence. */
  readonly info: string
  /** Of its first line, from 1. */
  readonly line: number
  readonly text: string
}

/** Fenced code blocks (CommonMark 0.31, 4.5; fences of backticks). */
export const fences = (markdown: string): ReadonlyArray<Fence> =>
  Array.from(
    markdown.matchAll(/^ {0,3}(`{3,})([^`\n]*)\n([^]*?)^ {0,3}\1`*[ \t]*$/gm),
    ([, , info = "", text = ""], index) => ({ info: info.trim(), text, index })
  ).map(({ info, text }) => ({ info, text, line: markdown.slice(0, markdown.indexOf(text)).split("\n").length }))

/** The blocks that a reader is promised to be able to run, in order, as one script. */
export const script = (markdown: string): string =>
  fences(markdown)
    .filter(({ info }) => /^sh run\b/.test(info))
    .map(({ line, text }) => `: line ${line}\n${text}`)
    .join("")

export interface Mention {
  /** The words after `nexus`; empty where an option stands alone. */
  readonly words: ReadonlyArray<string>
  readonly options: ReadonlyArray<string>
  readonly text: string
}

const code = (markdown: string): ReadonlyArray<string> => {
  const blocks = fences(markdown).filter(({ info }) => /^(?:(?:sh|bash|console|text)\b|$)/.test(info))
  const outside = markdown.replaceAll(/^ {0,3}(`{3,})[^`\n]*\n[^]*?^ {0,3}\1`*[ \t]*$/gm, "")
  const spans = Array.from(outside.matchAll(/(`+)(?!`)([^]*?[^`])\1(?!`)/g), ([, , span = ""]) =>
    span.replaceAll("\n", " ")
  )
  return [...blocks.flatMap(({ text }) => text.split("\n")), ...spans]
}

/** Every use of `nexus`, and every option that stands alone in a code span, in the order of the document. */
export const mentions = (markdown: string): ReadonlyArray<Mention> =>
  code(markdown).flatMap((text) => {
    if (/^--?\w/.test(text)) return [{ words: [], options: optionsIn(text), text }]
    const calls = text.replace(/(?:^|\s)#.*$/, "").matchAll(/(?<![\w./@-])nexus(?![\w.:/-])([^|;&)"'`\n]*)/g)
    return Array.from(calls, ([call, rest = ""]) => {
      const words = rest.split(/\s+/).filter((word) => word !== "")
      const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
      return { words: end < 0 ? words : words.slice(0, end), options: optionsIn(rest), text: call }
    })
  })

const optionsIn = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/(?<![\w-])--?[a-zA-Z][\w-]*/g), ([option]) => option)
