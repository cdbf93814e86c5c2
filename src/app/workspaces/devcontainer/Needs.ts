/** `hostRequirements`: what the project says that it needs of a machine, and whether this one has it. */
import { bytesFrom } from "../spec/Texts.ts"
import type { Place } from "./Place.ts"
import type { Needs } from "./Reading.ts"

export const needsIn = (whole: Place): Needs => {
  const place = whole.at("hostRequirements")
  const cpus = place?.at("cpus")?.number()
  const size = (key: string): number | undefined => {
    const found = place?.at(key)
    if (found === undefined) return undefined
    const bytes = bytesFrom(found.word())
    if (bytes === undefined)
      throw found.wrong(`${found.name}: ${JSON.stringify(found.word())} is no size.`, "Such as: 8gb.")
    return bytes
  }
  const memoryBytes = size("memory")
  const storageBytes = size("storage")
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(storageBytes === undefined ? {} : { storageBytes })
  }
}

/** What is less than is asked for. */
export const lacks = (needs: Needs, has: Required<Needs>): ReadonlyArray<string> => [
  ...(needs.cpus !== undefined && has.cpus < needs.cpus
    ? [`It asks for ${needs.cpus} processors; this machine has ${has.cpus}.`]
    : []),
  ...less("memory", needs.memoryBytes, has.memoryBytes),
  ...less("free disk space", needs.storageBytes, has.storageBytes)
]

const less = (what: string, need: number | undefined, has: number): ReadonlyArray<string> =>
  need !== undefined && has < need ? [`It asks for ${inGib(need)} of ${what}; this machine has ${inGib(has)}.`] : []

const inGib = (bytes: number): string => `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB`
