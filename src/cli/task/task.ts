/** `nexus task`: what is to be done in this project. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { importTasks } from "../../app/boulder/ImportTasks.ts"
import * as RunGate from "../../app/gates/RunGate.ts"
import * as TaskList from "../../app/boulder/TaskList.ts"
import { type Command as Change, isUnfinished, ready } from "../../domain/boulder/Tasks.ts"
import { globals } from "../Globals.ts"
import { noOption } from "../noOption.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { taskLines, taskTable, taskView } from "./taskLines.ts"

const id = Args.text({ name: "ID" }).pipe(Args.withDescription("T-3, or 3"))
const reason = Options.text("reason").pipe(Options.withDescription("Why, in a sentence"))

/** Carries out a change and prints the tasks as they are now. */
const printed = (command: Change) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { tasks, state } = yield* TaskList.change(command)
    yield* output.result({ items: tasks.map((task) => taskView(task, state)) }, () => taskTable(tasks, state, output))
  })

const changed = (command: Change) => withLog(printed(command))

/** A task is done when its gates have passed on the files as they are. */
const complete = (task: string) =>
  withLog(
    Effect.gen(function* () {
      const { task: named } = yield* TaskList.find(task)
      const passed = named.gates.length === 0 ? [] : yield* RunGate.passed
      return yield* printed({ do: "complete", task: named.id, passed })
    })
  )

const add = Command.make(
  "add",
  {
    title: Args.text({ name: "TITLE" }).pipe(Args.withDescription("What is to be done, in one line"), Args.repeated),
    priority: Options.integer("priority").pipe(
      Options.withDescription("0 to 99; the highest comes first; default: 50"),
      Options.optional
    ),
    after: Options.text("after").pipe(
      Options.withDescription("Only once this task is done; may be repeated"),
      Options.repeated
    ),
    gate: Options.text("gate").pipe(
      Options.withDescription("Done only when this gate has passed; may be repeated"),
      Options.repeated
    ),
    ...globals
  },
  ({ title, priority, after, gate }) =>
    Effect.zipRight(
      noOption(title, ["priority", "after", "gate"]),
      changed({
        do: "add",
        drafts: [
          {
            title: title.join(" "),
            priority: Option.getOrUndefined(priority),
            after: after.map(TaskList.idOf),
            gates: gate
          }
        ]
      })
    )
).pipe(Command.withDescription("Add a task"))

const list = Command.make(
  "list",
  { all: Options.boolean("all").pipe(Options.withDescription("Also what is done or cancelled")), ...globals },
  ({ all }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const state = yield* TaskList.list
        const tasks = all ? state : state.filter(isUnfinished)
        yield* output.result({ items: tasks.map((task) => taskView(task, state)) }, () =>
          tasks.length === 0
            ? [state.length === 0 ? 'No tasks yet. Add one: nexus task add "Write the parser"' : "All tasks are done."]
            : taskTable(tasks, state, output)
        )
      })
    )
).pipe(Command.withDescription("List what is to be done"))

const next = Command.make("next", { ...globals }, () =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const state = yield* TaskList.list
      const [task] = ready(state)
      yield* output.result({ task: task === undefined ? null : taskView(task, state) }, () =>
        task !== undefined
          ? taskLines(task, state, output)
          : [
              state.some(isUnfinished)
                ? "Nothing can be done now: what is left is blocked, or waits for what is."
                : "All tasks are done."
            ]
      )
    })
  )
).pipe(Command.withDescription("Show the task to work on: what was begun, then the highest priority, then the oldest"))

const show = Command.make("show", { id, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { task, tasks } = yield* TaskList.find(given.id)
      const history = yield* TaskList.historyOf(task.id)
      yield* output.result({ ...taskView(task, tasks), history }, () => [
        ...taskLines(task, tasks, output),
        ...history.map(({ time, actor, line }) => output.style("dim", `  ${time} ${actor}: ${line}`))
      ])
    })
  )
).pipe(Command.withDescription("Show one task, and what became of it"))

const start = Command.make("start", { id, ...globals }, (given) => changed({ do: "start", task: given.id })).pipe(
  Command.withDescription("Take up a task; also one that is blocked, done or cancelled")
)

const done = Command.make("done", { id, ...globals }, (given) => complete(given.id)).pipe(
  Command.withDescription("Say that a task is done")
)

const block = Command.make("block", { id, reason, ...globals }, (given) =>
  changed({ do: "block", task: given.id, reason: given.reason })
).pipe(Command.withDescription("Say that a task needs a person, and why"))

const cancel = Command.make("cancel", { id, reason, ...globals }, (given) =>
  changed({ do: "cancel", task: given.id, reason: given.reason })
).pipe(Command.withDescription("Say that a task is not to be done any more, and why"))

const importCommand = Command.make(
  "import",
  {
    file: Args.text({ name: "FILE" }).pipe(
      Args.withDescription("A JSON list, or Markdown with a checklist; - is standard input")
    ),
    ...globals
  },
  ({ file }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const { source, added, known } = yield* importTasks(file)
        const state = yield* TaskList.list
        yield* output.result({ source, added: added.map((task) => taskView(task, state)), known }, () => [
          ...(added.length === 0 ? [] : taskTable(added, state, output)),
          output.style(
            "dim",
            `${added.length} added from ${source}${known === 0 ? "" : `, ${known} on the list already`}`
          )
        ])
      })
    )
).pipe(Command.withDescription("Add the tasks of a file: all, or none when one of them can't be"))

export const taskCommand = Command.make("task").pipe(
  Command.withSubcommands([add, list, next, show, start, done, block, cancel, importCommand]),
  Command.withDescription("Keep the list of what is to be done")
)
