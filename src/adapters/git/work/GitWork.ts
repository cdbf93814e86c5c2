/** What a piece of work did, through git. */
import * as Layer from "effect/Layer"
import { Work } from "../../../app/ports/Work.ts"
import { base, commits } from "./Base.ts"
import { changed, files, ignored, uncommitted, unfinished } from "./Files.ts"
import { conflictLines, newBinaries, sizes, written } from "./Written.ts"

export const layer = Layer.succeed(Work, {
  base,
  commits,
  written,
  sizes,
  newBinaries,
  conflictLines,
  uncommitted,
  unfinished,
  changed,
  files,
  ignored
})
