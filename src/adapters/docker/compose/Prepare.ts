/** Reading a workspace's compose files, once: what they come to then is kept, and a later change of them changes nothing. */
import { realpathSync } from "node:fs"
import { randomBytes } from "node:crypto"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import type { BackendFailure, Order } from "../../../app/ports/Backend.ts"
import { portVariable, type Reached } from "../../../domain/workspace/Ports.ts"
import { failed } from "../EngineFailure.ts"
import { labels, nameOf } from "../Labels.ts"
import { planOf } from "./Model.ts"
import { keepPlan } from "./Plan.ts"
import { projectFolder, strayFiles } from "./Sources.ts"
import { findTool, limits, run, type Tool } from "./Tool.ts"
import { type Fields, fieldsOf } from "./Value.ts"

type Say = (words: string) => void

const operation = "read the compose files"

const refused = (detail: string, advice: string) => Effect.fail(failed(operation, "refused", detail, { advice }))

/** Answers the ports by which its services are to be reached. */
export const prepare = (
  log: string,
  order: Order,
  among: ReadonlyArray<Tool["command"]>,
  say: Say
): Effect.Effect<ReadonlyArray<Reached>, BackendFailure> =>
  Effect.gen(function* () {
    const { compose: files, network } = order.spec
    if (files === undefined) return []
    if (network === "none")
      return yield* refused("Services of a compose file need a network.", "Leave out --network none.")
    const folder = realpathSync(order.folder)
    const [stray] = strayFiles(folder, files)
    if (stray !== undefined) return yield* refused(`${stray}.`, "Paths are relative to the top of the worktree.")
    const tool = yield* findTool(among)
    say(`Reading ${files.join(", ")} with ${tool.command.join(" ")} ${tool.version}`)
    const model = yield* resolved(tool, folder, files, order)
    const pointer = order.mounts.find(({ to }) => to === join(order.inside, ".git"))?.from
    const taken = new Set(["ssh", ...order.spec.services.map(({ name }) => name)])
    const ours = { [labels.log]: log, [labels.workspace]: order.workspace }
    const planned = planOf(
      model,
      {
        folder,
        pointer,
        image: (service) => `${nameOf(order.workspace)}-compose:${service.toLowerCase()}`,
        labels: (service) => ({ ...ours, [labels.companion]: service })
      },
      taken
    )
    if (planned.refused.length > 0)
      return yield* refused(
        `A workspace can't have this beside it: ${planned.refused.join("; ")}.`,
        "Take it out, or override it in another compose file: --compose twice."
      )
    if (Object.keys(planned.plan.services).length === 0)
      return yield* refused(`${files.join(", ")} has no services.`, "Name another file.")
    for (const note of planned.notes) say(`compose: ${note}`)
    keepPlan(order.own, planned.plan)
    return planned.plan.ports
  })

/** As the tool has it: everything put together, and variables put in. */
const resolved = (tool: Tool, folder: string, files: ReadonlyArray<string>, order: Order) =>
  Effect.gen(function* () {
    const mark = `NEXUS_${randomBytes(8).toString("hex")}_`
    const isJson = Number(tool.version.split(".")[0]) > 1
    const project = projectFolder(folder, files)
    const { exit, stdout, stderr, timedOut } = yield* run(tool.command, {
      args: [
        "--project-name",
        nameOf(order.workspace),
        "--project-directory",
        project,
        ...files.flatMap((file) => ["--file", resolve(folder, file)]),
        "config",
        ...(isJson ? ["--format", "json"] : [])
      ],
      cwd: project,
      limit: limits.read,
      variables: variablesFor(order, mark)
    })
    if (exit !== 0) {
      const said = timedOut ? "It did not end within a minute." : stderr.trim().slice(-1500)
      return yield* refused(`${tool.command.join(" ")} does not take them: ${said}`, "Mend them, or name others.")
    }
    // Each dollar is doubled in there; those of our marks are to be looked up when it is run.
    return yield* Effect.try({
      try: (): Fields => fieldsOf(parse(stdout.replaceAll(`$\${${mark}`, "${"), { logLevel: "silent" })),
      catch: (cause) => failed(operation, "failed", `${tool.command.join(" ")} gave what is no YAML: ${String(cause)}`)
    })
  })

/**
 * Values that are in the log anyway are put in. What refers to something, and what is known only later, stays a variable until the
 * services are started: it is never on disk.
 */
const variablesFor = ({ spec, ports, name }: Order, mark: string): Readonly<Record<string, string>> => {
  const later = (variable: string) => `\${${mark}${variable}}`
  return {
    ...Object.fromEntries(
      ["NEXUS_BRANCH", ...ports.map(({ service }) => portVariable(service))].map((one) => [one, later(one)])
    ),
    NEXUS_WORKSPACE: name,
    ...Object.fromEntries(
      Object.entries(spec.variables).map(([one, variable]) => [one, "value" in variable ? variable.value : later(one)])
    )
  }
}
