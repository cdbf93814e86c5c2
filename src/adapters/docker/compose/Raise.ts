/** Making and starting a workspace's compose services, by the Compose tool. */
import * as Effect from "effect/Effect"
import type { BackendFailure, Order, Publication } from "../../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import { type Engine, limits as engineLimits } from "../Engine.ts"
import { failed, failureOf } from "../EngineFailure.ts"
import { imageNamed, local } from "../Images.ts"
import { labels, nameOf } from "../Labels.ts"
import { beside, resumeBeside } from "./Companions.ts"
import { healthy, lastWords } from "./Health.ts"
import type { Plan } from "./Model.ts"
import { checkBinds, fileOf, volumeName } from "./Plan.ts"
import { findTool, limits, run, type Tool } from "./Tool.ts"
import { wordOf } from "./Value.ts"

type Say = (words: string) => void

export interface Raising {
  readonly among: ReadonlyArray<Tool["command"]>
  /** Milliseconds that they have to become healthy, once they run. */
  readonly patience: number
}

/** Their volumes, and their images: built, or fetched when they are not on this machine. No container yet. */
export const makeBeside = (
  engine: Engine,
  log: string,
  order: Order,
  plan: Plan,
  raising: Raising,
  say: Say
): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    for (const volume of plan.volumes)
      yield* engine.call("make a volume", engineLimits.change, (docker, abortSignal) =>
        docker.createVolume({
          Name: volumeName(order.workspace, volume),
          Labels: {
            [labels.log]: log,
            [labels.workspace]: order.workspace,
            [labels.volume]: `compose/${volume}`
          },
          abortSignal
        })
      )
    yield* checkBinds(plan, order.owner)
    const images = new Set<string>()
    const built: Array<string> = []
    for (const [name, service] of Object.entries(plan.services)) {
      if (service["build"] !== undefined) {
        // Built once: it is as the worktree was then.
        if ((yield* local(engine, wordOf(service["image"]))) === undefined) built.push(name)
      }
      // Those of a profile are started by hand, or never.
      else if (service["profiles"] === undefined) images.add(wordOf(service["image"]))
    }
    yield* Effect.forEach(images, (image) => imageNamed(engine, image, say), { discard: true })
    if (built.length === 0) return
    say(`Building ${built.join(", ")}`)
    const tool = yield* findTool(raising.among)
    const ran = yield* call(tool, order.workspace, plan, [], {
      args: ["build", ...built],
      limit: limits.make,
      line: say,
      // Known only when it is started; an image holds none of them.
      variables: Object.fromEntries(Object.keys(order.spec.variables).map((name) => [name, ""]))
    })
    if (ran.exit !== 0) return yield* Effect.fail(buildFailure(built, said(ran)))
  })

const buildFailure = (built: ReadonlyArray<string>, words: string): BackendFailure =>
  /lookup |dial tcp|no such host|i\/o timeout|network is unreachable|pull access denied|manifest .*not found/i.test(
    words
  )
    ? failed(`build ${built.join(", ")}`, "image-missing", `It needs something from the network: ${words}`, {
        advice: "Fetch what its FROM lines name while there is a network: docker pull."
      })
    : failureOf(`build ${built.join(", ")}`, new Error(words))

/** Starts them, those first that others wait for, and waits until all that can tell are healthy. */
export const raise = (
  engine: Engine,
  log: string,
  from: {
    readonly workspace: WorkspaceId
    readonly plan: Plan
    readonly ports: ReadonlyArray<Publication>
    readonly owner: { readonly uid: number; readonly gid: number }
    readonly variables: Readonly<Record<string, string>>
  },
  raising: Raising
): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    const { workspace, plan, ports, owner, variables } = from
    yield* checkBinds(plan, owner)
    yield* resumeBeside(engine, log, workspace)
    const tool = yield* findTool(raising.among)
    const ran = yield* call(tool, workspace, plan, ports, {
      args: ["up", "--detach", "--no-build"],
      limit: limits.start,
      variables
    })
    if (ran.exit === 0) return yield* healthy(engine, log, workspace, raising.patience)
    const failure = failureOf("start its services", new Error(said(ran)))
    if (failure._tag === "BackendUnavailable" || failure.kind !== "failed") return yield* Effect.fail(failure)
    const ill = (yield* beside(engine, log, workspace)).filter(
      ({ health, exit = 0 }) => health === "unhealthy" || health === "starting" || exit !== 0
    )
    const words = yield* Effect.forEach(ill, (one) => lastWords(engine, one))
    const detail = [ran.timedOut ? "They did not start within 10 minutes." : said(ran), ...words].join("\n")
    return yield* Effect.fail(failed("start its services", "failed", detail))
  }).pipe(
    // What they print is shown and kept when they fail, and may have what was looked up for them.
    Effect.mapError((failure) =>
      failure._tag === "BackendFailed"
        ? failed(failure.operation, failure.kind, without(from.variables, failure.detail), {
            ...(failure.advice === undefined ? {} : { advice: failure.advice }),
            ...(failure.port === undefined ? {} : { port: failure.port })
          })
        : failure
    )
  )

/** Shorter ones are no secrets, and would be found everywhere. */
const shortest = 4

const without = (variables: Readonly<Record<string, string>>, text: string): string =>
  Object.entries(variables).reduce(
    (rest, [name, value]) =>
      name.startsWith("NEXUS_") || value.length < shortest ? rest : rest.replaceAll(value, `[${name}]`),
    text
  )

/** What went wrong, without what went well. */
const said = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string =>
  (stderr.trim() || stdout.trim())
    .split("\n")
    .filter(
      (line) =>
        !/^\s*(?:Container|Network|Volume) \S+ +(?:[A-Z][a-z]+)\s*$|^(?:Creating|Starting|Recreating) \S+ \.\.\.\s*(?:done)?$/.test(
          line
        )
    )
    .join("\n")
    .slice(-1500)

/** The file comes by standard input: what is looked up for it is on no disk. */
const call = (
  tool: Tool,
  workspace: WorkspaceId,
  plan: Plan,
  ports: ReadonlyArray<Publication>,
  options: Parameters<typeof run>[1]
) =>
  run(tool.command, {
    ...options,
    args: ["--project-name", nameOf(workspace), "--project-directory", "/", "--file", "-", ...options.args],
    input: fileOf(plan, workspace, ports)
  })
