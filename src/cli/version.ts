/** The version of this Nexus: put in by the build, else read from the package. */
import { readFileSync } from "node:fs"
import { packageFile } from "../events/PackageFile.ts"

declare const NEXUS_VERSION: string | undefined

export const version: string =
  typeof NEXUS_VERSION === "string"
    ? NEXUS_VERSION
    : (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { readonly version: string }).version
