/** `nexus projections list|rebuild|check`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { isoTime } from "../app/isoTime.ts"
import { Projections, type Status } from "../projections/Projections.ts"
import { globals } from "./Globals.ts"
import { IntegrityBroken } from "./Invocation.ts"
import { Output } from "./Output.ts"
import { table } from "./Table.ts"
import { withLog } from "./withLog.ts"

const names = Args.text({ name: "NAME" }).pipe(Args.withDescription("Only these; default: all"), Args.repeated)

const statusView = (one: Status) => ({ ...one, rebuilt: one.rebuilt === 0 ? null : isoTime(one.rebuilt) })

const list = Command.make("list", globals, () =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const items = (yield* (yield* Projections).status).map(statusView)
      yield* output.result({ items }, () =>
        table(
          ["projection", "version", "position", "state"],
          items.map((one) => [
            one.name,
            String(one.version),
            String(one.position),
            one.degradedSince !== null ? `degraded since ${one.degradedSince}` : one.current ? "in step" : "lags"
          ]),
          output.style
        )
      )
    })
  )
).pipe(Command.withDescription("List the read models"))

const rebuild = Command.make("rebuild", { names, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const projections = yield* Projections
      const { report, done } = output.progress("Rebuilding")
      yield* projections.rebuild(given.names, report).pipe(Effect.ensuring(Effect.sync(done)))
      const items = (yield* projections.status)
        .filter(({ name }) => given.names.length === 0 || given.names.includes(name))
        .map(statusView)
      yield* output.result({ items }, () =>
        items.map(({ name, position }) => `Rebuilt ${name} up to event ${position}`)
      )
    })
  )
).pipe(Command.withDescription("Derive read models from event 1 again"))

const check = Command.make("check", { names, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { report, done } = output.progress("Checking")
      const items = yield* (yield* Projections).check(given.names, report).pipe(Effect.ensuring(Effect.sync(done)))
      yield* output.result({ items }, () =>
        items.flatMap(({ name, same, position, differences }) =>
          same
            ? [`${output.style("green", "✓")} ${name} is what the log gives, up to event ${position}`]
            : [
                `${output.style("red", "✗")} ${name} differs from what the log gives:`,
                ...differences.flatMap(({ table: where, live, derived }) => [
                  `  ${where} has   ${JSON.stringify(live)}`,
                  `  the log gives ${JSON.stringify(derived)}`
                ]),
                `  Derive it again with: nexus projections rebuild ${name}`
              ]
        )
      )
      const wrong = items.filter(({ same }) => !same).map(({ name }) => name)
      if (wrong.length > 0)
        return yield* new IntegrityBroken({ message: `${wrong.join(", ")}: not what the log gives.` })
    })
  )
).pipe(Command.withDescription("Derive read models aside, and compare them with the live ones"))

export const projectionsCommand = Command.make("projections").pipe(
  Command.withSubcommands([list, rebuild, check]),
  Command.withDescription("Look after the read models")
)
