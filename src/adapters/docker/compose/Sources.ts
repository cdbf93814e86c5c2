/**
 * The files that the Compose tool would read: it does so as whoever runs it, so all of them have to be in the worktree. They are found
 * before it is started (Compose Specification: `include`, `extends`, `env_file`, `label_file`).
 */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { parse } from "yaml"
import { within } from "./Places.ts"
import { fieldsOf, isFields, listOf, type Value } from "./Value.ts"

/** The folder that paths in compose files count from: the first one's. */
export const projectFolder = (folder: string, [first = "."]: ReadonlyArray<string>): string =>
  dirname(resolve(folder, first))

/** What stands against reading them, in words; nothing: they can be read. `files`: relative to the folder. */
export const strayFiles = (folder: string, files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wrong = new Set<string>()
  const seen = new Set<string>()
  /** Where it is; undefined when it may not be read. */
  const place = (path: string, base: string, why: string): string | undefined => {
    const found = path.includes("$") || /^\w+:\/\//.test(path) ? undefined : within(folder, resolve(base, path))
    if (found === undefined)
      wrong.add(`${why} ${path}: only files of the worktree can be read, named as they are, without variables`)
    return found
  }
  const look = (path: string, base: string, why: string, ownBase?: string): void => {
    const file = place(path, base, why)
    if (file === undefined || seen.has(file)) return
    seen.add(file)
    const text = textOf(file)
    if (text === undefined) wrong.add(`${why} ${path}: there is no such file in the worktree`)
    else follow(treeOf(text), ownBase ?? dirname(resolve(base, path)))
  }
  const follow = (tree: Value, base: string): void => {
    for (const one of listOf(fieldsOf(tree)["include"])) {
      const { path = null, project_directory: at, env_file: variables = null } = isFields(one) ? one : { path: one }
      const under = typeof at === "string" ? place(at, base, "project_directory") : undefined
      for (const file of pathsOf(path)) look(file, base, "include", under)
      for (const file of pathsOf(variables)) place(file, under ?? base, "env_file")
    }
    for (const service of Object.values(fieldsOf(fieldsOf(tree)["services"])).map(fieldsOf)) {
      for (const key of ["env_file", "label_file"])
        for (const file of pathsOf(service[key] ?? null)) place(file, base, key)
      for (const file of pathsOf(fieldsOf(service["extends"])["file"] ?? null)) look(file, base, "extends")
    }
  }
  const base = projectFolder(folder, files)
  for (const file of files) look(file, folder, "--compose", base)
  place(".env", base, "env_file")
  return [...wrong]
}

/** `a`, `[a, b]`, `[{ path: a }]`. */
const pathsOf = (value: Value): ReadonlyArray<string> =>
  listOf(value).flatMap((one) => {
    const path = isFields(one) ? one["path"] : one
    return typeof path === "string" ? [path] : []
  })

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** What is no YAML is for the tool to say: it reads it in the same way. */
const treeOf = (text: string): Value => {
  try {
    return parse(text, { merge: true, logLevel: "silent" }) as Value
  } catch {
    return null
  }
}
