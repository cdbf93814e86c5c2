/** `nexus workspace create`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { create } from "../../app/workspaces/Create.ts"
import { chooseBackend } from "../../app/workspaces/ChooseBackend.ts"
import { chooseDevcontainer } from "../../app/workspaces/devcontainer/ChooseDevcontainer.ts"
import { composeFiles } from "../../app/workspaces/spec/ComposeFiles.ts"
import { specOf } from "../../app/workspaces/spec/SpecLayers.ts"
import { settingsLayers } from "../../app/workspaces/spec/SettingsLayers.ts"
import { readTemplate } from "../../app/workspaces/template/Template.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { shownWhenMade } from "./show.ts"
import { bytesOf, idleStopOf, imageOf, servicesOf, variablesFrom } from "./specOptions.ts"
import { remark, say, withWorkspaces } from "./withWorkspaces.ts"

const optional = (name: string, what: string) =>
  Options.text(name).pipe(Options.withDescription(what), Options.optional)

export const createCommand = Command.make(
  "create",
  {
    name: Args.text({ name: "NAME" }).pipe(
      Args.withDescription("Lower-case letters, digits and single hyphens, a letter first")
    ),
    base: optional("base", "The branch, tag or commit to begin with; default: what is checked out here"),
    backend: optional("backend", "docker, or process (no isolation); default: docker where its engine answers"),
    image: optional("image", "A container image that is on this machine; default: Nexus' own"),
    dockerfile: optional("dockerfile", "Build the image from this file, a path in the repository"),
    template: optional(
      "template",
      "FOLDER or REPOSITORY[#REF[:FOLDER]], with @sha256:… exactly that; see nexus workspace template show"
    ),
    devcontainer: optional(
      "devcontainer",
      "auto: made as the repository's devcontainer.json says; PATH: which one; none: not told of it; default: told of it"
    ),
    compose: Options.text("compose").pipe(
      Options.withDescription(
        "Run a compose file's services beside it: a path in the repository, or auto for the usual ones; may be repeated"
      ),
      Options.repeated
    ),
    cpu: Options.float("cpu").pipe(
      Options.withDescription("At most so many processors, such as 1.5"),
      Options.optional
    ),
    memory: optional("memory", "At most so much memory, such as 2g"),
    disk: optional("disk", "At most so much disk space, such as 10g"),
    processes: Options.integer("processes").pipe(
      Options.withDescription("At most so many processes at once"),
      Options.optional
    ),
    port: Options.text("port").pipe(
      Options.withDescription("A port inside to reach from here: 3000, web=3000 or dns=53/udp; may be repeated"),
      Options.repeated
    ),
    env: Options.text("env").pipe(
      Options.withDescription("NAME=VALUE, NAME (taken from here at each start), or NAME=@FILE; may be repeated"),
      Options.repeated
    ),
    volume: Options.text("volume").pipe(
      Options.withDescription("NAME:PATH, a folder inside that outlives restarts; may be repeated"),
      Options.repeated
    ),
    idleStop: optional("idle-stop", "Stop it when nobody used it for so long, such as 2h; never; default: as set"),
    network: Options.choice("network", ["own", "none"]).pipe(
      Options.withDescription("own: reaches out, apart from other workspaces; none: reaches nothing; default: own"),
      Options.optional
    ),
    dind: Options.boolean("dind").pipe(
      Options.withDescription("It may run containers of its own, with rights by which programs could leave it")
    ),
    sync: Options.boolean("sync").pipe(
      Options.withDescription(
        "It has files of its own, which are kept the same as the worktree's; always so where the engine is on another machine"
      )
    ),
    syncIgnore: Options.text("sync-ignore").pipe(
      Options.withDescription("What is left out of that, as in a .gitignore, such as node_modules; may be repeated"),
      Options.repeated
    ),
    noHooks: Options.boolean("no-hooks").pipe(Options.withDescription("Leave out the project's hooks, for good")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const tell = yield* say
        const backend = yield* chooseBackend(Option.getOrUndefined(given.backend), tell)
        if (given.syncIgnore.length > 0 && !given.sync && backend.isElsewhere !== true)
          return yield* new UsageWrong({ message: "--sync-ignore says what --sync leaves out: give that, too." })
        const memoryBytes = yield* bytesOf("--memory", given.memory)
        const diskBytes = yield* bytesOf("--disk", given.disk)
        const image = yield* imageOf(given)
        const base = Option.getOrElse(given.base, () => "HEAD")
        const devcontainer = yield* chooseDevcontainer(
          {
            which: Option.getOrUndefined(given.devcontainer),
            base,
            nested: given.dind,
            imageGiven: image !== undefined
          },
          backend,
          yield* remark
        )
        const settings = yield* settingsLayers
        const template = Option.isNone(given.template) ? undefined : yield* readTemplate(given.template.value, tell)
        const compose = yield* composeFiles(given.compose)
        const { hooks, ...spec } = specOf(backend.name, [
          settings.user,
          template?.layer ?? {},
          settings.project,
          devcontainer ?? {},
          {
            ...(image === undefined ? {} : { image }),
            ...(compose === undefined ? {} : { compose }),
            limits: {
              ...(Option.isNone(given.cpu) ? {} : { cpus: given.cpu.value }),
              ...(memoryBytes === undefined ? {} : { memoryBytes }),
              ...(diskBytes === undefined ? {} : { diskBytes }),
              ...(Option.isNone(given.processes) ? {} : { processes: given.processes.value })
            },
            services: yield* servicesOf(given.port),
            volumes: yield* volumesOf(given.volume),
            variables: yield* variablesFrom(given.env),
            ...(yield* idleStopOf(given.idleStop)),
            ...(Option.isNone(given.network) ? {} : { network: given.network.value }),
            ...(given.dind ? { nested: true } : {}),
            ...(given.sync || backend.isElsewhere === true ? { sync: { ignore: given.syncIgnore } } : {})
          }
        ])
        yield* shownWhenMade(
          given.name,
          create(
            {
              name: given.name,
              base,
              spec: { ...spec, ...(given.noHooks || hooks === undefined ? {} : { hooks }) }
            },
            tell
          )
        )
      })
    )
).pipe(Command.withDescription("Make a workspace: a worktree and branch of its own, and a place to run"))

const volumesOf = (given: ReadonlyArray<string>) =>
  Effect.forEach(given, (text) => {
    const [, name, path] = /^([a-z][\w-]*):(\/.+)$/.exec(text) ?? []
    return name === undefined || path === undefined
      ? new UsageWrong({ message: `--volume: ${JSON.stringify(text)} is not NAME:PATH, such as data:/var/lib/data.` })
      : Effect.succeed({ name, path })
  })
