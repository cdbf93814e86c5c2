/** What a package offers to others: the values that its public files export, and its programs. */
import { posix } from "node:path"
import { parse, type ParserPlugin } from "@babel/parser"
import picomatch from "picomatch"
import { folderOf, jsonOf, resolved, type Tree } from "./Tree.ts"

export interface Feature {
  readonly name: string
  readonly kind: "export" | "program"
  readonly path: string
  readonly line: number
}

/** `globs`: public source files; undefined: the entry points that the packages name, as far as they are no built files. */
export const featuresOf = (tree: Tree, globs: ReadonlyArray<string> | undefined): ReadonlyArray<Feature> => {
  const manifests = [...tree.files].filter(isManifest).slice(0, 100)
  const isPublic = globs === undefined || globs.length === 0 ? () => false : picomatch([...globs], { dot: true })
  const sources =
    globs === undefined
      ? manifests.flatMap((file) => entriesOf(tree, file))
      : [...tree.files].filter((file) => isPublic(file))
  const exported = sources.flatMap((source) => exportsOf(tree, source, new Set()))
  return [...exported, ...manifests.flatMap((file) => programsOf(tree, file))]
}

export const isManifest = (path: string): boolean =>
  posix.basename(path) === "package.json" && !/(?:^|\/)(?:node_modules|fixtures|testdata|vendor)\//.test(path)

export const isSource = (path: string): boolean => /\.[cm]?[jt]sx?$/.test(path)

const entriesOf = (tree: Tree, file: string): ReadonlyArray<string> => {
  const { main, module, types, exports } = jsonOf(tree, file) ?? {}
  return [...new Set([main, module, types, ...strings(exports)])].flatMap((entry) => {
    const path = typeof entry === "string" ? resolved(folderOf(file), entry) : undefined
    return path !== undefined && isSource(path) && tree.files.has(path) ? [path] : []
  })
}

const strings = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : []
}

const programsOf = (tree: Tree, path: string): ReadonlyArray<Feature> => {
  const { bin, name } = jsonOf(tree, path) ?? {}
  const names =
    typeof bin === "string" && typeof name === "string"
      ? [name.replace(/^@[^/]*\//, "")]
      : typeof bin === "object" && bin !== null
        ? Object.keys(bin)
        : []
  const lines = (tree.read(path) ?? "").split("\n")
  return names.map((name) => ({
    name,
    kind: "program",
    path,
    line: Math.max(1, lines.findIndex((line) => line.includes(JSON.stringify(name))) + 1)
  }))
}

/** Of a file that can't be parsed: none. What it passes on from its neighbours (`export *`) counts as its own. */
const exportsOf = (tree: Tree, path: string, seen: Set<string>): ReadonlyArray<Feature> => {
  if (seen.has(path) || seen.size > 50 || !isSource(path)) return []
  seen.add(path)
  const text = tree.read(path)
  return text === null
    ? []
    : statementsOf(path, text).flatMap((statement): ReadonlyArray<Feature> => {
        const line = statement.loc?.start.line ?? 1
        const features = (names: ReadonlyArray<string>): ReadonlyArray<Feature> =>
          names.map((name) => ({ name, kind: "export", path, line }))
        if (statement.type === "ExportAllDeclaration") {
          if (statement.exportKind === "type") return []
          const next = neighbour(tree, path, statement.source.value)
          return next === undefined ? [] : exportsOf(tree, next, seen)
        }
        if (statement.type !== "ExportNamedDeclaration" || statement.exportKind === "type") return []
        const { declaration, specifiers } = statement
        const listed = specifiers.flatMap((one) => {
          if (one.type === "ExportSpecifier" && one.exportKind === "type") return []
          return one.exported.type === "Identifier" ? [one.exported.name] : []
        })
        return features([...listed, ...declaredIn(declaration)].filter((name) => name !== "default"))
      })
}

type Statement = ReturnType<typeof parse>["program"]["body"][number]
type Declaration = Extract<Statement, { readonly type: "ExportNamedDeclaration" }>["declaration"]

const statementsOf = (path: string, text: string): ReadonlyArray<Statement> => {
  const isTyped = /\.[cm]?tsx?$/.test(path)
  const language: ReadonlyArray<ParserPlugin> = isTyped
    ? [["typescript", { dts: /\.d\.[cm]?ts$/.test(path) }], ...(path.endsWith("x") ? (["jsx"] as const) : [])]
    : ["jsx"]
  try {
    return parse(text, { sourceType: "module", plugins: [...language, "decorators"] }).program.body
  } catch {
    // Another language, or work in progress: the project's own checks tell.
    return []
  }
}

/** Values only: a type is told of with the value that it belongs to. */
const declaredIn = (declaration: Declaration): ReadonlyArray<string> => {
  switch (declaration?.type) {
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return declaration.id == null ? [] : [declaration.id.name]
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []))
    default:
      return []
  }
}

const neighbour = (tree: Tree, path: string, specifier: string): string | undefined => {
  const target = specifier.startsWith(".") ? resolved(folderOf(path), specifier) : undefined
  if (target === undefined) return undefined
  const bare = target.replace(/\.([cm]?)jsx?$/, ".$1ts")
  return [
    target,
    bare,
    `${target}.ts`,
    `${target}.tsx`,
    `${target}.js`,
    `${target}/index.ts`,
    `${target}/index.js`
  ].find((file) => tree.files.has(file))
}
