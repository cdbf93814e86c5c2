/** Links to files of the same repository, and to places in them. Others are nobody's business here: nothing is fetched. */
import { posix } from "node:path"
import { anchor, type Link, type Markdown } from "./Markdown.ts"
import { folderOf, has, resolved, type Suspicion, type Tree } from "./Tree.ts"

/** `parse`: of the files of this tree. */
export const brokenLinks = (
  tree: Tree,
  path: string,
  { links }: Markdown,
  parse: (path: string) => Markdown | undefined
): ReadonlyArray<Suspicion> =>
  links.flatMap((link): ReadonlyArray<Suspicion> => {
    const why = complaint(tree, path, link, parse)
    return why === undefined ? [] : [{ path, line: link.line, key: link.url, ...why }]
  })

const complaint = (
  tree: Tree,
  path: string,
  { url }: Link,
  parse: (path: string) => Markdown | undefined
): Pick<Suspicion, "rule" | "message" | "built"> | undefined => {
  // Addresses, paths of a site (its generator knows where they are), and what a template fills in.
  if (url === "" || /^[a-z][a-z0-9+.-]*:|^[/\\]|[{}<>$]/i.test(url)) return undefined
  const [, file = "", fragment] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(url) ?? []
  const target = file === "" ? path : resolved(folderOf(path), decoded(file))
  if (target === undefined) return undefined
  const found = place(tree, target)
  if (found === undefined)
    return { rule: "link", message: `${url} leads to ${target}, which is not there`, built: [target] }
  if (fragment === undefined || fragment === "" || fragment === "top" || !isMarkdown(found)) return undefined
  // Lines of a file, and texts to be found in it.
  if (/^L\d+/.test(fragment) || fragment.startsWith(":~:")) return undefined
  const { anchors } = parse(found) ?? {}
  if (anchors === undefined || anchors.has(anchor(decoded(fragment)))) return undefined
  return { rule: "anchor", message: `${url} leads to no heading of ${found}` }
}

/** As it is, or as site generators find it. */
const place = (tree: Tree, target: string): string | undefined => {
  if (has(tree, target)) return target
  const bare = target.replace(/\.html?$/, "")
  return [".md", ".mdx", ".markdown", "/index.md", "/README.md"]
    .map((end) => bare + end)
    .find((path) => tree.files.has(path))
}

export const isMarkdown = (path: string): boolean => /\.(?:md|markdown)$/i.test(posix.basename(path))

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
