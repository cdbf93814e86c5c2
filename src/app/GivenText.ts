/** A text that a command was given as a file, or on standard input. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import { NotFound } from "./Find.ts"
import { Nexus } from "./Nexus.ts"

/** "-" is standard input. `hint`: what to name in place of a file that is not there. `refused`: what any other failure becomes. */
export const givenText = <E>(file: string, hint: string, refused: (source: string, reason: string) => E) =>
  Effect.flatMap(Nexus, ({ cwd }) => {
    const source = file === "-" ? "standard input" : file
    return Effect.try({
      try: () => ({ source, text: readFileSync(file === "-" ? 0 : resolve(cwd, file), "utf8") }),
      catch: (cause) =>
        cause instanceof Error && "code" in cause && cause.code === "ENOENT"
          ? new NotFound({ what: "file", name: file, hint })
          : refused(source, cause instanceof Error ? `${cause.message}.` : String(cause))
    })
  })
