/** What a Markdown file says of others: links, places that can be linked to, and code. */
import GithubSlugger from "github-slugger"
import { fromMarkdown } from "mdast-util-from-markdown"
import { toString as textOf } from "mdast-util-to-string"

export interface Link {
  readonly url: string
  readonly line: number
}

/** `text`: of one line in a span, of several in a block. */
export interface Code {
  readonly text: string
  readonly line: number
  /** Null: a span. */
  readonly language: string | null
  /** What stands before a span in its line. */
  readonly before: string
}

export interface Markdown {
  readonly links: ReadonlyArray<Link>
  /** As `anchor` writes them. */
  readonly anchors: ReadonlySet<string>
  readonly code: ReadonlyArray<Code>
}

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>["children"][number]

export const parseMarkdown = (source: string): Markdown => {
  const text = withoutFrontMatter(source)
  const lines = text.split("\n")
  const links: Array<Link> = []
  const anchors = new Set<string>()
  const code: Array<Code> = []
  const slugger = new GithubSlugger()
  const visit = (node: Node): void => {
    const { line = 1, column = 1 } = node.position?.start ?? {}
    switch (node.type) {
      case "link":
      case "image":
        links.push({ url: node.url, line })
        break
      case "definition":
        // "[^1]: text" is a footnote.
        if (!node.identifier.startsWith("^")) links.push({ url: node.url, line })
        break
      case "heading": {
        const title = textOf(node, { includeImageAlt: false })
        anchors.add(anchor(slugger.slug(title)))
        // Some site generators let authors choose.
        for (const [, id = ""] of title.matchAll(/\{#([^}\s]+)\}/g)) anchors.add(anchor(id))
        break
      }
      case "html":
        for (const [, id = ""] of node.value.matchAll(/\s(?:id|name)\s*=\s*["']?([^"'\s>]+)/gi)) anchors.add(anchor(id))
        break
      case "inlineCode":
        code.push({ text: node.value, line, language: null, before: (lines[line - 1] ?? "").slice(0, column - 1) })
        break
      case "code": {
        const isFenced = /^\s*(?:[>*+-]\s*|\d+[.)]\s*)*(?:```|~~~)/.test(lines[line - 1] ?? "")
        code.push({ text: node.value, line: line + Number(isFenced), language: node.lang ?? "", before: "" })
        break
      }
      default:
    }
    if ("children" in node) for (const child of node.children) visit(child)
  }
  visit(fromMarkdown(text))
  return { links, anchors, code }
}

/** Forges differ in how often they repeat a hyphen, and in case. */
export const anchor = (id: string): string =>
  id
    .toLowerCase()
    .replace(/^user-content-/, "")
    .replaceAll(/-{2,}/g, "-")
    .replaceAll(/^-|-$/g, "")

/** Its lines stay, empty. */
const withoutFrontMatter = (text: string): string => {
  const matter = /^(?:---|\+\+\+)\r?\n[\s\S]*?\n(?:---|\+\+\+)[ \t]*(?:\r?\n|$)/.exec(text)?.[0] ?? ""
  return "\n".repeat(matter.split("\n").length - 1) + text.slice(matter.length)
}
