/** `nexus workspace ssh-config`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { blocks, install } from "../../app/workspaces/SshConfig.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { withWorkspaces } from "./withWorkspaces.ts"

export const sshConfigCommand = Command.make(
  "ssh-config",
  {
    name: Args.text({ name: "NAME" }).pipe(
      Args.withDescription("A workspace of this project; default: all of them"),
      Args.optional
    ),
    install: Options.boolean("install").pipe(
      Options.withDescription("Write those of all projects into a file of ours, to be included in yours")
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        if (given.install && Option.isSome(given.name))
          return yield* new UsageWrong({ message: "--install writes all workspaces: give no name with it." })
        if (given.install) {
          const { file, include, blocks: written, without } = yield* install
          for (const { name, why } of without) yield* output.note(`Left out: ${name}. ${why}`)
          const hosts = written.map(({ alias }) => alias)
          return yield* output.result({ file, include, hosts, without }, () => [
            `${hosts.length} hosts written to ${file}${hosts.length === 0 ? "" : `: ${hosts.join(", ")}`}.`,
            "At the top of ~/.ssh/config there has to be, once:",
            `  ${include}`
          ])
        }
        const { blocks: found, without } = yield* blocks(Option.getOrUndefined(given.name), false)
        for (const { name, why } of without) yield* output.note(`Left out: ${name}. ${why}`)
        yield* output.result(
          { items: found.map(({ name, alias, folder, text }) => ({ name, alias, folder, config: text })), without },
          () => found.map(({ text }) => text)
        )
      })
    )
).pipe(Command.withDescription("Print what SSH clients and editors need to reach workspaces"))
