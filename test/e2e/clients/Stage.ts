/** OpenCode, a scripted model, and Nexus in one repository: what the scenarios of one file are played on. */
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { json, jsonLines, newWorld, put, type Ran, type World } from "../../support/cli.ts"
import { type ModelServer, serveModel } from "../model/ModelServer.ts"
import { type OpenCode, serveOpenCode } from "./OpenCode.ts"
import { follow, type Story, type Told } from "./Story.ts"

export interface Stage {
  readonly world: World
  readonly repository: string
  readonly model: ModelServer
  readonly client: OpenCode
  readonly story: Story
  readonly path: (name: string) => string
  /** The user's configuration: no gates, and continuations without a delay but for these limits. */
  readonly configure: (limits: Readonly<Record<string, unknown>>) => void
  /** As a person in the repository. */
  readonly nexus: (...args: ReadonlyArray<string>) => Promise<Ran>
  /** The recorded events of a conversation, by the client's id of it. */
  readonly eventsOf: (session: string, ...types: ReadonlyArray<string>) => Promise<ReadonlyArray<any>>
  /** An event of a conversation, once it is recorded; after that one, where one is given. */
  readonly told: (session: string, type: string, matches?: (event: Told) => boolean, after?: Told) => Promise<Told>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** `files`: what is committed before anything is recorded. */
export const openCodeStage = async (
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {}
): Promise<Stage> => {
  const world = newWorld()
  const repository = world.repository()
  for (const [name, content] of Object.entries(files)) put(join(repository, name), content)
  // Where the client keeps its settings is no work of anybody's.
  put(join(repository, ".git/info/exclude"), ".opencode/\n")
  world.git(repository, "add", "--all")
  world.git(repository, "commit", "--quiet", "--allow-empty", "--message", "chore: begin")
  // git counts seconds: of what is committed in the second of the registration, nobody could tell on which side of it that was.
  await setTimeout(1000 - (Date.now() % 1000))
  const nexus: Stage["nexus"] = (...args) => world.nexus(args, { cwd: repository })
  json(await nexus("init", "--json", "--agent", "opencode"))
  const configure: Stage["configure"] = (limits) => {
    const enforcer = { gates: [], limits: { cooldown: "0s", ...limits } }
    put(join(world.home, "config.jsonc"), JSON.stringify({ enforcer }))
  }
  configure({})
  const model = await serveModel()
  const client = await serveOpenCode(world, repository, model, { env })
  const story = follow(world)
  return {
    world,
    repository,
    model,
    client,
    story,
    nexus,
    path: (name) => join(repository, name),
    configure,
    eventsOf: async (session, ...types) =>
      jsonLines(
        await nexus(
          "events",
          "--json",
          "--session",
          `opencode:${session}`,
          ...types.flatMap((type) => ["--type", type])
        )
      ),
    told: (session, type, matches = () => true, after) =>
      story.told(
        type,
        (event) =>
          event["correlation"] === `opencode:${session}` &&
          event["position"] > (after?.["position"] ?? 0) &&
          matches(event)
      ),
    [Symbol.asyncDispose]: async () => {
      await story[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
      await model[Symbol.asyncDispose]()
      world[Symbol.dispose]()
    }
  }
}
