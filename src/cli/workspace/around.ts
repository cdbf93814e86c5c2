/** `nexus workspace env`, `use`, `open`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { editors, openWith, waysIn } from "../../app/workspaces/Open.ts"
import { exportLines, quoted, type ShownVariable, variablesShown } from "../../app/workspaces/Surroundings.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { name } from "./show.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

export const envCommand = Command.make(
  "env",
  {
    name,
    shell: Options.boolean("shell").pipe(Options.withDescription("As lines for a shell: those of Nexus alone")),
    ...globals
  },
  (given) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const { own, all } = yield* variablesShown(given.name)
        const items = given.shell ? own : all
        yield* output.result({ items }, () => (given.shell ? exportLines(items) : items.map(line)))
      })
    )
).pipe(Command.withDescription("Which variables a workspace's programs find; of secrets, where they come from"))

const line = ({ name: variable, value, from }: ShownVariable): string => {
  if (from === null) return `${variable}=${value}`
  return `${variable}  (${"file" in from ? `from the file ${from.file}` : `from ${from.environment} of whoever starts it`})`
}

export const useCommand = Command.make("use", { name, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { workspace, own } = yield* variablesShown(given.name)
      const lines = [`cd -- ${quoted(workspace.folder)}`, ...exportLines(own)]
      yield* output.result({ folder: workspace.folder, variables: own, script: lines.join("\n") }, () => lines)
    })
  )
).pipe(Command.withDescription('Print what makes this shell the workspace\'s: eval "$(nexus workspace use NAME)"'))

export const openCommand = Command.make(
  "open",
  {
    name: Args.text({ name: "NAME" }).pipe(Args.withDescription("A workspace of this project, or its id")),
    with: Options.choice("with", editors).pipe(
      Options.withDescription("Start this editor; default: only say how"),
      Options.optional
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const editor = Option.getOrUndefined(given.with)
        const { workspace, alias, commands } = yield* editor === undefined
          ? waysIn(given.name)
          : openWith(given.name, editor, yield* say)
        yield* output.result(
          { name: workspace.name, folder: workspace.folder, alias, commands, opened: editor ?? null },
          () =>
            editor === undefined
              ? [
                  workspace.folder,
                  ...commands.map(({ command }) => `  ${command.map(quoted).join(" ")}`),
                  ...(alias === null ? [] : [`Once before: nexus workspace ssh-config --install`])
                ]
              : [`${workspace.name} is open in ${editor}.`]
        )
      })
    )
).pipe(Command.withDescription("Where a workspace is, and what opens an editor there"))
