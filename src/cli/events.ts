/** `nexus events`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Find from "../app/Find.ts"
import { ingest } from "../app/Ingest.ts"
import { nearest } from "../app/nearest.ts"
import { Nexus } from "../app/Nexus.ts"
import { storyLine } from "../app/StoryLine.ts"
import { eventView } from "../app/Views.ts"
import { typeNames } from "../events/Catalogue.ts"
import type { Query, RecordedEvent } from "../events/Event.ts"
import { EventLog } from "../events/EventLog.ts"
import { globals } from "./Globals.ts"
import { UsageWrong } from "./Invocation.ts"
import { Output } from "./Output.ts"
import { shownTime } from "./shownTime.ts"
import { parseTime } from "./times.ts"
import { withLog } from "./withLog.ts"

const options = {
  stream: Options.text("stream").pipe(
    Options.withDescription("Only this stream, such as session/claude:ID"),
    Options.optional
  ),
  type: Options.text("type").pipe(
    Options.withDescription("Only this type, such as FileEdited; may be repeated"),
    Options.repeated
  ),
  session: Options.text("session").pipe(
    Options.withDescription("Only this session: its id, or the beginning of it"),
    Options.optional
  ),
  project: Options.text("project").pipe(
    Options.withDescription("Only this project: its name, id or path"),
    Options.optional
  ),
  since: Options.text("since").pipe(Options.withDescription("From this time: 2h, 7d, 2026-11-22"), Options.optional),
  until: Options.text("until").pipe(Options.withDescription("Up to this time"), Options.optional),
  after: Options.integer("after").pipe(Options.withDescription("After this position"), Options.optional),
  limit: Options.integer("limit").pipe(Options.withDescription("At most so many"), Options.optional),
  follow: Options.boolean("follow").pipe(
    Options.withAlias("f"),
    Options.withDescription("Go on with what is recorded from now on")
  )
}

export const eventsCommand = Command.make("events", { ...options, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const log = yield* EventLog
      const output = yield* Output
      const query = yield* queryOf(given)
      if (Option.exists(given.limit, (limit) => limit < 0))
        return yield* new UsageWrong({ message: "--limit: it cannot be negative" })
      const events = given.follow ? log.tail(query) : log.read(query)
      const show = (event: RecordedEvent) => (output.json ? JSON.stringify(eventView(event)) : lineOf(event, output))
      const shown = Option.match(given.limit, {
        onNone: () => events,
        onSome: (limit) => Stream.take(events, limit)
      }).pipe(
        Stream.runForEachChunk((chunk) => {
          const lines = [...chunk].map(show)
          return lines.length === 0 ? Effect.void : output.line(lines.join("\n"))
        })
      )
      yield* given.follow ? Effect.raceFirst(shown, deliveries) : shown
    })
  )
).pipe(Command.withDescription("List events in their order; with --json one object a line"))

/** Hooks only fill the spool: who follows must see it too. What cannot be recorded now stays there. */
const deliveries = Effect.forever(Effect.zipRight(Effect.sleep("300 millis"), Effect.ignore(ingest())))

type Given = {
  readonly [Name in "stream" | "session" | "project" | "since" | "until"]: Option.Option<string>
} & { readonly type: ReadonlyArray<string>; readonly after: Option.Option<number> }

const queryOf = (given: Given) =>
  Effect.gen(function* () {
    const { cwd } = yield* Nexus
    const query: { -readonly [Field in keyof Query]: Query[Field] } = {}
    for (const type of given.type) {
      if (typeNames.includes(type)) continue
      const guess = nearest(type, typeNames)
      return yield* new UsageWrong({
        message: `--type: there is no event type ${JSON.stringify(type)}.${guess === undefined ? ` Known are: ${typeNames.join(", ")}.` : ` Did you mean ${guess}?`}`
      })
    }
    if (given.type.length > 0) query.types = given.type
    if (Option.isSome(given.stream)) query.stream = given.stream.value
    if (Option.isSome(given.session)) query.correlation = (yield* Find.session(given.session.value)).id
    if (Option.isSome(given.project)) query.project = (yield* Find.project(given.project.value, cwd)).id
    if (Option.isSome(given.since)) query.since = yield* parseTime("--since", given.since.value)
    if (Option.isSome(given.until)) query.before = yield* parseTime("--until", given.until.value)
    if (Option.isSome(given.after)) query.after = given.after.value
    return query
  })

const lineOf = (event: RecordedEvent, output: Output["Type"]): string => {
  const { position, time, actor, type, line } = storyLine(event)
  return `${output.style("dim", String(position).padStart(6))} ${shownTime(time)} ${output.style("cyan", actor)} ${output.style("bold", type)} ${line}`
}
