/** A new worktree: what a template brings into it, and what there is to say of it. */
import * as Effect from "effect/Effect"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { Nexus } from "../../Nexus.ts"
import type { LeftOut } from "../../ports/Worktrees.ts"
import type { Say } from "../StartWithPorts.ts"
import { snapshotOf } from "./Snapshot.ts"
import { bringFiles } from "./TemplateFiles.ts"

/** Answers what there is to say of it; undefined when nothing. */
export const begun = ({ spec, folder }: Workspace, leftOut: ReadonlyArray<LeftOut>, say: Say) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const words = leftOut.length === 0 ? [] : [leftOutWords(leftOut)]
    if (spec.template !== undefined) {
      const { files, left } = yield* bringFiles(snapshotOf(home.templates, spec.template.digest), folder)
      if (left.length > 0) say(`Left as they are, though the template has them: ${left.join(", ")}.`)
      if (files > 0) words.push(`${files} files from the template`)
    }
    return words.length === 0 ? undefined : words.join("; ")
  })

/** What a checkout by hand would have, and this has not. */
const leftOutWords = (all: ReadonlyArray<LeftOut>): string =>
  `left out: ${all.map(({ kind, what, files }) => `${kind} ${what}${files > 1 ? ` (${files} files)` : ""}`).join(", ")}`
