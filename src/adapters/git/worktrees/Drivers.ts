/** Which programs of the user's configuration would read, write or merge files, and the settings by which they don't. */
import type { Configuration } from "./Configuration.ts"

/** A name and its value. */
export type Setting = readonly [string, string]

/** git-lfs-install(1). */
const lfs: Readonly<Record<string, RegExp>> = {
  clean: /^git-lfs clean -- %f$/,
  smudge: /^git-lfs smudge (?:--skip )?-- %f$/,
  process: /^git-lfs filter-process(?: --skip)?$/
}

const driver = /^(filter|merge)\.(.*)\.(clean|smudge|process|driver)$/s

/** `filters`: their names, without Git LFS. */
export const driversIn = (configuration: Configuration) => {
  const known = new Map<string, { readonly section: string; readonly name: string; isLfs: boolean }>()
  for (const [key, value = ""] of configuration) {
    const [, section = "", name = "", variable = ""] = driver.exec(key) ?? []
    if (section === "") continue
    const isLfs = section === "filter" && name === "lfs" && lfs[variable]?.test(value) === true
    const before = known.get(`${section}.${name}`)
    known.set(`${section}.${name}`, { section, name, isLfs: isLfs && before?.isLfs !== false })
  }
  const drivers = [...known.values()]
  return {
    filters: drivers.flatMap(({ section, name, isLfs }) => (section === "filter" && !isLfs ? [name] : [])),
    settings: drivers.flatMap(({ section, name, isLfs }): ReadonlyArray<Setting> => {
      // A merge driver that fails is a conflict. One that is empty would be taken for success.
      if (section === "merge") return [[`merge.${name}.driver`, "false"]]
      const required: Setting = [`filter.${name}.required`, "false"]
      if (isLfs) return [required]
      return [required, ...["clean", "smudge", "process"].map((one): Setting => [`filter.${name}.${one}`, ""])]
    })
  }
}
