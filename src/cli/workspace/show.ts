/** `nexus workspace list` and `show`, and how a workspace is shown after something was done with it. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { companionsOf } from "../../app/workspaces/Companions.ts"
import { find, list } from "../../app/workspaces/Find.ts"
import { type Health, healthOf } from "../../app/workspaces/hooks/Health.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import type { Listed } from "../../projections/WorkspaceRows.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { companionView } from "./companionLines.ts"
import { withBackends } from "./withWorkspaces.ts"
import { listLines, workspaceLines, workspaceView } from "./workspaceLines.ts"

export const name = Args.text({ name: "NAME" }).pipe(Args.withDescription("A workspace of this project, or its id"))

/** Prints a workspace as it is now. */
export const shown = (id: string) =>
  Effect.gen(function* () {
    const output = yield* Output
    const listed = yield* find(id)
    yield* output.result(workspaceView(listed), () => workspaceLines(listed, output))
  })

/** Also when it is there, but one of its hooks failed. */
export const shownWhenMade = <E extends { readonly _tag: string }, R>(
  name: string,
  making: Effect.Effect<Pick<Workspace, "id">, E, R>
) =>
  making.pipe(
    Effect.tapError((failure) => (failure._tag === "HookFailed" ? shown(name) : Effect.void)),
    Effect.flatMap(({ id }) => shown(id))
  )

const health = Options.boolean("health").pipe(
  Options.withDescription("Also ask the project's own commands whether all is well")
)

export const listCommand = Command.make(
  "list",
  { all: Options.boolean("all").pipe(Options.withDescription("Of all projects")), health, ...globals },
  (given) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const items = yield* list(given.all)
        const asking = ({ workspace }: Listed) => healthOf(workspace)
        const healths: ReadonlyArray<Health> = given.health
          ? yield* withBackends(Effect.forEach(items, asking, { concurrency: 8 }))
          : []
        yield* output.result({ items: items.map((item, index) => workspaceView(item, healths[index])) }, () =>
          listLines(items, output, healths)
        )
      })
    )
).pipe(Command.withDescription("List the workspaces; needs no engine"))

/** Only for its health, and for one with services beside it, is the engine asked. */
export const showCommand = Command.make("show", { name, health, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const listed = yield* find(given.name)
      const { workspace } = listed
      const health = given.health ? yield* withBackends(healthOf(workspace)) : undefined
      const { companions, why } =
        workspace.spec.compose === undefined
          ? { companions: [], why: undefined }
          : yield* withBackends(companionsOf(workspace))
      yield* output.result({ ...workspaceView(listed, health), services: companions.map(companionView) }, () => [
        ...workspaceLines(listed, output, { health, companions }),
        ...(why === undefined ? [] : [`How its services are can't be told: ${why}`])
      ])
    })
  )
).pipe(Command.withDescription("Show one workspace; needs no engine"))
