/** `nexus trace query`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import { contributorTypes, evidenceGrades } from "../../domain/attribution/Attribution.ts"
import { globals } from "../Globals.ts"
import { showQuery } from "./showQuery.ts"

const expression = Args.text({ name: "EXPRESSION" }).pipe(
  Args.withDescription('Which lines, such as: model ~ "claude-*" and since 7d; docs/query.md has the language'),
  Args.repeated
)

const options = {
  file: Options.text("file").pipe(
    Options.withDescription("Only in this file, folder or glob; may be repeated"),
    Options.repeated
  ),
  model: Options.text("model").pipe(
    Options.withDescription("Only by this model (a glob); may be repeated"),
    Options.repeated
  ),
  contributor: Options.choice("contributor", contributorTypes).pipe(
    Options.withDescription("Only by such a contributor; may be repeated"),
    Options.repeated
  ),
  session: Options.text("session").pipe(
    Options.withDescription("Only from this session: its id, or the beginning of it; may be repeated"),
    Options.repeated
  ),
  since: Options.text("since").pipe(
    Options.withDescription("Only written from this time: 2h, 7d, 2026-11-22"),
    Options.optional
  ),
  until: Options.text("until").pipe(Options.withDescription("Only written before this time"), Options.optional),
  rev: Options.text("rev").pipe(
    Options.withDescription("In the files of this revision; default: as the log last knew them"),
    Options.optional
  ),
  minEvidence: Options.choice("min-evidence", evidenceGrades).pipe(
    Options.withDescription("Only what is proved at least so well"),
    Options.optional
  ),
  limit: Options.integer("limit").pipe(Options.withDescription("Show at most so many ranges"), Options.optional)
}

export const queryCommand = Command.make("query", { expression, ...options, ...globals }, (given) =>
  showQuery({
    ...given,
    since: Option.getOrUndefined(given.since),
    until: Option.getOrUndefined(given.until),
    rev: Option.getOrUndefined(given.rev),
    minEvidence: Option.getOrUndefined(given.minEvidence),
    limit: Option.getOrUndefined(given.limit)
  })
).pipe(Command.withDescription("Find lines by who wrote them, when, where, and how well that is proved"))
