/** `nexus workspace template`. */
import { join } from "node:path"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { readTemplate } from "../../app/workspaces/template/Template.ts"
import { filesIn } from "../../app/workspaces/template/TemplateFiles.ts"
import { quoted } from "../../app/workspaces/Surroundings.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const showCommand = Command.make(
  "show",
  {
    source: Args.text({ name: "SOURCE" }).pipe(
      Args.withDescription("FOLDER or REPOSITORY[#REF[:FOLDER]], with @sha256:… exactly that")
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const { from, digest, description, written, folder } = yield* readTemplate(given.source, yield* say)
        const files = filesIn(join(folder, "files"))
        const rows = Object.entries(written).map(([key, value]) => [key, textOf(value)] as const)
        yield* output.result({ from, digest, description: description ?? null, sets: written, files }, () => [
          output.style("bold", from),
          ...(description === undefined ? [] : [`  ${description}`]),
          ...[["digest", digest] as const, ...rows, ...files.map((path) => ["file", path] as const)].map(
            ([key, value]) => `  ${key.padEnd(14)} ${value}`
          ),
          `Exactly this: nexus workspace create NAME --template ${quoted(`${from}@${digest}`)}`
        ])
      })
    )
).pipe(Command.withDescription("What a template sets and brings, and its digest"))

export const templateCommand = Command.make("template").pipe(
  Command.withSubcommands([showCommand]),
  Command.withDescription("Look at what a new workspace can be made from")
)

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))
