/** `nexus workspace setup`. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { setUp } from "../../app/workspaces/hooks/SetUp.ts"
import { globals } from "../Globals.ts"
import { name, shownWhenMade } from "./show.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

export const setupCommand = Command.make("setup", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      yield* shownWhenMade(given.name, setUp(given.name, yield* say))
    })
  )
).pipe(Command.withDescription("Run a workspace's setup again"))
