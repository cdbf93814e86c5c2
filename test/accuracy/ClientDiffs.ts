/** What Claude Code 2.1.330 works out of contents: an edit's result, and the diffs that its hooks report. */
import { structuredPatch } from "diff"

/** The client's own replacement: with a line that it removes it takes the line end along. */
export const edited = (before: string | undefined, old: string, fresh: string, all: boolean): string => {
  if (before === undefined || old === "") {
    if (old !== "" || (before ?? "") !== "") throw new Error("an Edit that creates a file needs an empty old_string")
    return fresh
  }
  const gone = fresh === "" && !old.endsWith("\n") && before.includes(`${old}\n`) ? `${old}\n` : old
  if (!before.includes(gone)) throw new Error(`${JSON.stringify(old)} is not in:\n${before}`)
  if (!all && before.indexOf(gone) !== before.lastIndexOf(gone))
    throw new Error(`${JSON.stringify(old)} is in it more than once:\n${before}`)
  return all ? before.replaceAll(gone, () => fresh) : before.replace(gone, () => fresh)
}

/** `structuredPatch` of an edit's response. */
export const hunks = (before: string, after: string) =>
  structuredPatch("a", "a", before, after, "", "", { context: 3 }).hunks

/** `bashEditDiff`: what changed while the command ran, whoever changed it; undefined when nothing did. */
export const shellReport = (before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>) => {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  const files = paths.flatMap((filePath) => {
    const [old, fresh] = [before.get(filePath), after.get(filePath)]
    if (old !== undefined && fresh !== undefined && old.equals(fresh)) return []
    const state = old === undefined ? { created: true } : fresh === undefined ? { deleted: true } : {}
    return [{ filePath, hunks: hunks(old?.toString("utf8") ?? "", fresh?.toString("utf8") ?? ""), ...state }]
  })
  if (files.length === 0) return undefined
  return { files, moreFiles: 0, changedFiles: files.map(({ filePath }) => filePath) }
}
