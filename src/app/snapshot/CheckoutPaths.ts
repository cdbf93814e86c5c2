/** Paths of a checkout: as it is known, and within it. */
import { isAbsolute, join, relative, resolve, sep } from "node:path"
import type { Located } from "../ProjectOf.ts"

/** A folder of a checkout with the links above that resolved, as the checkout is known. */
export const realFolder = (folder: string, located: Located | undefined): string => real(resolve(folder), located)

export const real = (path: string, located: Located | undefined): string => {
  if (located === undefined) return path
  const within = relative(located.checkout.top, path)
  return leadsOut(within) ? path : join(located.checkout.path, within)
}

/** The path of a file relative to the checkout that it is in, with "/"; undefined outside. */
export const inside = (checkout: string, file: string): string | undefined => {
  const within = relative(checkout, file)
  return within === "" || leadsOut(within) ? undefined : within.split(sep).join("/")
}

const leadsOut = (within: string): boolean => within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within)
