/** `nexus trace check`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { check, loadPolicy, PolicyViolated } from "../../app/trace/Check.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { range } from "./range.ts"
import { shownPath } from "./visible.ts"

const policy = Options.text("policy").pipe(Options.withDescription("The rules: a JSONC file"))

/** So many offenders are named for each rule; with --json all. */
const named = 5

export const checkCommand = Command.make("check", { range, policy, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const rules = yield* loadPolicy(given.policy)
      const { report, done } = output.progress("Checking")
      const result = yield* check(Option.getOrUndefined(given.range), rules, report).pipe(
        Effect.ensuring(Effect.sync(done))
      )
      yield* output.result(result, () =>
        result.rules.length === 0
          ? ["The policy has no rules."]
          : result.rules.map(({ rule, ok, message, offenders }) => {
              const first = offenders
                .slice(0, named)
                .map(({ commit, path, lines }) => `${commit.slice(0, 10)} ${shownPath(path)} (${lines})`)
              const more = offenders.length > named ? `, and ${offenders.length - named} more` : ""
              const mark = ok ? output.style("green", "✓") : output.style("red", "✗")
              return `${mark} ${rule}: ${message}${first.length === 0 ? "" : `: ${first.join(", ")}${more}`}`
            })
      )
      const broken = result.rules.filter(({ ok }) => !ok).map(({ rule }) => rule)
      if (broken.length > 0) return yield* new PolicyViolated({ rules: broken })
    })
  )
).pipe(Command.withDescription("Hold commits against a policy; ends with code 7 when they break it"))
