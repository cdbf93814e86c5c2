/** What became of an import, for people. */
import type { ImportReport } from "../../app/trace/Import.ts"

/** At most so many skipped ones are named. */
const named = 10

export const importLines = (report: ImportReport): ReadonlyArray<string> => {
  const { source, imported, repeated, own, elsewhere, skipped } = report
  const count = (number: number, what: string) => (number === 0 ? [] : [`${number} ${what}`])
  const rest = [
    ...count(elsewhere, "of them for commits that are not here (yet)"),
    ...count(repeated, "known already"),
    ...count(own, "from this very log, which knows better"),
    ...count(skipped.length, "skipped")
  ]
  return [
    `${source}: ${imported} ${imported === 1 ? "record" : "records"} imported${rest.map((one) => `, ${one}`).join("")}`,
    ...skipped.slice(0, named).map(({ name, reason }) => `  ${name}: ${reason}`),
    ...(skipped.length > named ? [`  … and ${skipped.length - named} more`] : [])
  ]
}
