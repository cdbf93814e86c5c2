/** Commands of a project's own (scripts, targets, recipes), as far as its files tell for sure which there are. */
import { posix } from "node:path"
import { parse as parseYaml } from "yaml"
import { folderOf, has, jsonOf, nearestFile, type Tree } from "./Tree.ts"

/** Why there is no such command; undefined when there is, or nobody can tell. */
export const missingCommand = (tree: Tree, folder: string, words: ReadonlyArray<string>): string | undefined => {
  const [program = "", ...args] = words
  switch (program) {
    case "npm":
    case "pnpm":
    case "yarn":
    case "bun":
      return missingScript(tree, folder, program, args)
    case "npx":
      return missingPackage(tree, folder, args)
    case "make":
      return missingTarget(tree, folder, args)
    case "task":
      return missingIn(tree, folder, args, taskfiles, tasksIn)
    case "just":
      return missingIn(tree, folder, args, ["justfile", "Justfile", ".justfile"], recipesIn)
    default:
      return undefined
  }
}

/** A word that stands for others: NAME, <name>, "...". */
const isPlaceholder = (word: string): boolean =>
  !/^[\w.:@/+-]+$/.test(word) || /^[A-Z][A-Z0-9_]*$/.test(word) || word.includes("...")

/** Scripts that a bare `pnpm X` or `yarn X` surely means, and no program of a package. */
const usual = new Set(["test", "build", "lint", "dev", "check", "format", "ci", "typecheck"])

const missingScript = (
  tree: Tree,
  folder: string,
  program: string,
  args: ReadonlyArray<string>
): string | undefined => {
  const words = args.filter((word) => word !== "-s" && word !== "--silent")
  const [first = "", second = ""] = words
  const isRun = first === "run" || first === "run-script"
  const short = program === "npm" ? { t: "test", test: "test", tst: "test" }[first] : undefined
  const isBare = program === "pnpm" || program === "yarn"
  const script = isRun ? second : (short ?? (isBare && (usual.has(first) || /^\w+:\w/.test(first)) ? first : ""))
  // Any other option may say that another folder or package is meant.
  const named = words.slice(0, isRun ? 2 : 1)
  const options = words.slice(named.length, words.includes("--") ? words.indexOf("--") : undefined)
  if (
    script === "" ||
    isPlaceholder(script) ||
    [...named, ...options].some(
      (word) =>
        /^(?:-w|-C|-r|--(?:workspace|prefix|filter|cwd|dir|if-present|recursive))/.test(word) ||
        (named.includes(word) && word.startsWith("-"))
    )
  )
    return undefined
  if (program === "bun" && /[./]/.test(script)) return undefined
  const file = nearestFile(tree, folder, ["package.json"])
  if (file === undefined)
    return isRun || program === "npm" ? `there is no package.json for "${[program, ...args].join(" ")}"` : undefined
  const manifest = jsonOf(tree, file)
  if (manifest === undefined || script in keysOf(manifest["scripts"]) || script === "env") return undefined
  const packages = { ...keysOf(manifest["dependencies"]), ...keysOf(manifest["devDependencies"]) }
  if (program !== "npm" && script in packages) return undefined
  // It may be meant for a package below.
  const below = [...tree.files].some(
    (path) =>
      posix.basename(path) === "package.json" &&
      path !== file &&
      path.startsWith(folder === "" ? "" : `${folder}/`) &&
      script in keysOf(jsonOf(tree, path)?.["scripts"])
  )
  return below ? undefined : `${file} has no script "${script}"`
}

const keysOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {}

/** Only npm's lock file tells which programs packages have. */
const missingPackage = (tree: Tree, folder: string, args: ReadonlyArray<string>): string | undefined => {
  const [name = ""] = args
  if (isPlaceholder(name) || !/^[a-z][\w.-]*$/.test(name)) return undefined
  const lock = nearestFile(tree, folder, ["package-lock.json"])
  // With several, it may be meant for another folder.
  if ([...tree.files].some((path) => path !== lock && posix.basename(path) === "package-lock.json")) return undefined
  const packages = lock === undefined ? undefined : jsonOf(tree, lock)?.["packages"]
  if (lock === undefined || packages === undefined) return undefined
  const isThere = Object.entries(keysOf(packages)).some(
    ([path, one]) => path === `node_modules/${name}` || name in keysOf(keysOf(one)["bin"])
  )
  return isThere ? undefined : `no package in ${lock} has a program "${name}"`
}

const makefiles = ["GNUmakefile", "makefile", "Makefile"]
/** Programs that write a Makefile. */
const makers = ["CMakeLists.txt", "configure", "configure.ac", "Makefile.in", "Makefile.am", "Makefile.PL"]

const missingTarget = (tree: Tree, folder: string, args: ReadonlyArray<string>): string | undefined => {
  const targets = args.filter((word) => !/^-(?:j\d*|s|k|B)$/.test(word) && !/^\w+=/.test(word))
  if (targets.some((word) => word.startsWith("-") || isPlaceholder(word))) return undefined
  const file = nearestFile(tree, folder, makefiles)
  if (file === undefined)
    return nearestFile(tree, folder, makers) === undefined
      ? `there is no Makefile for "make ${args.join(" ")}"`
      : undefined
  const text = tree.read(file)
  if (text === null) return undefined
  const known = new Set<string>()
  for (const [, names = "", more = ""] of text.matchAll(/^([^\s#:=][^:=\n]*?)\s*::?(?!=)(.*)$/gm))
    for (const name of `${names} ${names === ".PHONY" ? more : ""}`.split(/\s+/)) known.add(name)
  if (/^(?:-|s)?include\b|^define\b|\$\(eval/m.test(text) || [...known].some((name) => /[%$]/.test(name)))
    return undefined
  const missing = targets.find((word) => !known.has(word) && !has(tree, posix.join(folderOf(file), word)))
  return missing === undefined ? undefined : `${file} has no target "${missing}"`
}

const taskfiles = ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml"]

const missingIn = (
  tree: Tree,
  folder: string,
  [name = ""]: ReadonlyArray<string>,
  files: ReadonlyArray<string>,
  namesIn: (text: string) => ReadonlySet<string> | undefined
): string | undefined => {
  const file = nearestFile(tree, folder, files)
  if (file === undefined || isPlaceholder(name) || name.startsWith("-") || /[=/]/.test(name)) return undefined
  const names = namesIn(tree.read(file) ?? "")
  return names === undefined || names.has(name) ? undefined : `${file} has no "${name}"`
}

/** Undefined when other files may have more of them. */
const tasksIn = (text: string): ReadonlySet<string> | undefined => {
  let file: Readonly<Record<string, unknown>>
  try {
    file = keysOf(parseYaml(text))
  } catch {
    return undefined
  }
  if ("includes" in file || !("tasks" in file)) return undefined
  const tasks = Object.entries(keysOf(file["tasks"]))
  if (tasks.some(([name]) => name.includes("*"))) return undefined
  return new Set(tasks.flatMap(([name, task]) => [name, ...[keysOf(task)["aliases"] ?? []].flat().map(String)]))
}

const recipesIn = (text: string): ReadonlySet<string> | undefined =>
  /^(?:import|mod)\b/m.test(text)
    ? undefined
    : new Set(
        [...text.matchAll(/^@?(?:alias\s+)?([A-Za-z_][\w-]*)(?:\s+[^:=\n]*)?\s*(?::(?!=)|:=)/gm)].map(
          ([, name = ""]) => name
        )
      )
