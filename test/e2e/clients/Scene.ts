/** A client whose process ends with its prompt, a scripted model, and Nexus in one repository: where a file's conversations are held. */
import { join } from "node:path"
import { json, jsonLines, newWorld, put, type Ran, type World } from "../../support/cli.ts"
import type { Running } from "../../support/processes.ts"
import { type Following, type ModelServer, serveModel } from "../model/ModelServer.ts"
import type { Script } from "../model/Script.ts"

/** Starts the client with a prompt. */
export type Run<Options> = (
  world: World,
  repository: string,
  model: ModelServer,
  prompt: string,
  options?: Options
) => Running

/** A conversation from its prompt to its end. */
export interface Held extends Ran {
  /** Its requests to the model. */
  readonly following: Following
  /** Verdict and rule of each decision on it, the first one first. */
  readonly decisions: ReadonlyArray<readonly [string, string]>
  /** What was recorded about its stops: types of events, decisions with their verdict. */
  readonly stops: ReadonlyArray<string>
}

export interface Scene<Options> {
  readonly world: World
  readonly repository: string
  readonly model: ModelServer
  /** As a person in the repository. */
  readonly nexus: (...args: ReadonlyArray<string>) => Promise<Ran>
  /** The user's configuration: no gates, and continuations without a delay but for these limits. */
  readonly configure: (limits: Readonly<Record<string, unknown>>) => void
  /** Holds the repository to new tasks. */
  readonly arm: (...titles: ReadonlyArray<string>) => Promise<void>
  /** Gives up what is open, and lets go. */
  readonly clear: () => Promise<void>
  readonly converse: (words: string, script: Script, options?: Options) => Promise<Held>
  readonly inbox: () => Promise<ReadonlyArray<any>>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** `folder`: where the client has its settings in a repository, which is no work of anybody's. */
export const sceneOf = async <Options>(agent: string, folder: string, run: Run<Options>): Promise<Scene<Options>> => {
  const world = newWorld()
  const repository = world.repository()
  put(join(repository, ".git/info/exclude"), `${folder}/\n`)
  const nexus: Scene<Options>["nexus"] = (...args) => world.nexus(args, { cwd: repository })
  json(await nexus("init", "--json", "--agent", agent))
  const configure: Scene<Options>["configure"] = (limits) =>
    put(
      join(world.home, "config.jsonc"),
      JSON.stringify({ enforcer: { gates: [], limits: { cooldown: "0s", ...limits } } })
    )
  configure({})
  const model = await serveModel()

  const stopsIn = async (after: number): Promise<ReadonlyArray<any>> => {
    const types = ["StopObserved", "StopDecided", "ContinuationConfirmed", "ContinuationLost"]
    const told = await nexus("events", "--json", ...types.flatMap((type) => ["--type", type]))
    return jsonLines(told).filter(({ position }) => position > after)
  }

  return {
    world,
    repository,
    model,
    nexus,
    configure,
    arm: async (...titles) => {
      for (const title of titles) json(await nexus("task", "add", title, "--json"))
      json(await nexus("boulder", "arm", "--json"))
    },
    clear: async () => {
      configure({})
      const { items } = json(await nexus("task", "list", "--json"))
      for (const { id } of items) json(await nexus("task", "cancel", id, "--reason", "another scenario", "--json"))
      json(await nexus("boulder", "resume", "--json"))
      json(await nexus("boulder", "disarm", "--json"))
    },
    converse: async (words, script, options) => {
      const before = (await stopsIn(0)).at(-1)?.position ?? 0
      const following = model.follow(words, script)
      const ran = await run(world, repository, model, words, options).ended
      const stops = await stopsIn(before)
      return {
        ...ran,
        following,
        decisions: stops
          .filter(({ type }) => type === "StopDecided")
          .map(({ payload }) => [payload.verdict, payload.rule] as const),
        stops: stops.map(({ type, payload }) => (type === "StopDecided" ? `${type} ${payload.verdict}` : type))
      }
    },
    inbox: async () => json(await nexus("inbox", "--json")).items,
    [Symbol.asyncDispose]: async () => {
      await model[Symbol.asyncDispose]()
      world[Symbol.dispose]()
    }
  }
}
