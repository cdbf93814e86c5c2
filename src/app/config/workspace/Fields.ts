/** All that settings and templates can say of a workspace: what each may be, and what it means. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { HookStage, Network } from "../../../domain/workspace/Spec.ts"
import type { SpecLayer } from "../../workspaces/spec/SpecLayers.ts"
import { bytesFrom, serviceFrom } from "../../workspaces/spec/Texts.ts"
import type { Kind } from "../Kinds.ts"
import { hookKeys, hookSchemas, hooksFrom } from "./HookSetting.ts"

interface Field extends Omit<Kind<SpecLayer>, "encode"> {
  /** One line. */
  readonly description: string
}

/** `layer` answers undefined for what the schema can't tell is wrong. */
const field = <A, I>(
  schema: Schema.Schema<A, I>,
  allowed: string,
  description: string,
  layer: (value: A) => SpecLayer | undefined
): Field => ({
  schema,
  allowed,
  description,
  decode: (written) =>
    Option.flatMap(Schema.decodeUnknownOption(schema, { onExcessProperty: "error" })(written), (value) =>
      Option.fromNullable(layer(value))
    )
})

const Text = Schema.String.pipe(Schema.minLength(1))
/** Within the folder that it is relative to. */
const Inner = Schema.String.pipe(Schema.pattern(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$)).+$/))
const Size = Schema.String.pipe(Schema.pattern(/^\d+(\.\d+)?\s*[kmgtKMGT]?i?[bB]?$/))
const Name = Schema.String.pipe(Schema.pattern(/^[A-Za-z_][A-Za-z0-9_]*$/))
const VolumeName = Schema.String.pipe(Schema.pattern(/^[a-z][A-Za-z0-9_-]*$/))

const Dockerfile = Schema.Struct({
  path: Inner,
  context: Schema.optional(Inner),
  target: Schema.optional(Text),
  arguments: Schema.optional(Schema.Record({ key: Name, value: Schema.String }))
})

const Env = Schema.Record({
  key: Name,
  value: Schema.Union(Schema.String, Schema.Struct({ fromEnvironment: Name }), Schema.Struct({ fromFile: Text }))
})

const limit = (name: "memoryBytes" | "diskBytes", what: string) =>
  field(Size, 'a size such as "512m" or "2g"', what, (text) => {
    const bytes = bytesFrom(text)
    return bytes === undefined ? undefined : { limits: { [name]: bytes } }
  })

const when: Readonly<Record<HookStage, string>> = {
  setup: "Run once, after the first start",
  start: "Run at each start",
  stop: "Run before each stop",
  teardown: "Run before it is deleted",
  health: "Run to ask whether all is well"
}

const hook = (stage: HookStage) => {
  const more = hookKeys[stage].map((key) => `, ${JSON.stringify(key)}: …`).join("")
  return field<unknown, unknown>(
    hookSchemas[stage] as Schema.Schema<unknown>,
    `a line for the shell, a list of lines, or { "command": …, "timeout": "90s"${more} }`,
    when[stage],
    (written) => {
      const hooks = hooksFrom(stage, written as Parameters<typeof hooksFrom>[1])
      return hooks === undefined ? undefined : { hooks }
    }
  )
}

/** By the name that it has in a template; in settings it stands under `workspace`. */
export const fields: Readonly<Record<string, Field>> = {
  image: field(Text, "the name of a container image", "The container image", (name) => ({
    image: { kind: "named", name }
  })),
  dockerfile: field(
    Schema.Union(Inner, Dockerfile),
    'a path within the folder, or { "path": …, "context": …, "target": …, "arguments": { … } }',
    "The Dockerfile that the image is built from",
    (given) => ({ image: { kind: "dockerfile", ...(typeof given === "string" ? { path: given } : given) } })
  ),
  cpu: field(Schema.Number.pipe(Schema.positive()), "a number above 0, such as 1.5", "Processors at most", (cpus) => ({
    limits: { cpus }
  })),
  memory: limit("memoryBytes", "Memory at most"),
  disk: limit("diskBytes", "Disk space at most"),
  processes: field(
    Schema.Number.pipe(Schema.int(), Schema.positive()),
    "a whole number above 0",
    "Processes at most, at once",
    (processes) => ({ limits: { processes } })
  ),
  ports: field(
    Schema.Array(Schema.Union(Schema.Number, Schema.String)),
    'a list of ports such as 3000, "web=3000" or "dns=53/udp", each of another name',
    "Ports inside that are to be reached from here",
    (given) => {
      const services = given.flatMap((one) => serviceFrom(String(one)) ?? [])
      const isGood = services.length === given.length && new Set(services.map(({ name }) => name)).size === given.length
      return isGood ? { services } : undefined
    }
  ),
  env: field(
    Env,
    'names with values, each a text, { "fromEnvironment": "NAME" } or { "fromFile": "path" }',
    "Variables of its programs",
    (given) => ({
      variables: Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, typeof value === "string" ? { value } : value])
      )
    })
  ),
  volumes: field(
    Schema.Record({ key: VolumeName, value: Schema.String.pipe(Schema.pattern(/^\/./)) }),
    'names with paths inside, such as { "data": "/var/lib/data" }',
    "Folders that outlive restarts",
    (given) => ({ volumes: Object.entries(given).map(([name, path]) => ({ name, path })) })
  ),
  network: field(Network, '"own" or "none"', "A network of its own that reaches out, or none", (network) => ({
    network
  })),
  ...Object.fromEntries(HookStage.literals.map((stage) => [`hooks.${stage}`, hook(stage)]))
}

/** Every key that can be written, NAME standing for any name of the user's. */
export const fieldKeys: ReadonlyArray<string> = [
  ...Object.keys(fields).filter((key) => key !== "env" && key !== "volumes"),
  ...["path", "context", "target", "arguments.NAME"].map((key) => `dockerfile.${key}`),
  "env.NAME",
  "env.NAME.fromEnvironment",
  "env.NAME.fromFile",
  "volumes.NAME",
  ...HookStage.literals.flatMap((stage) =>
    ["command", "timeout", ...hookKeys[stage]].map((key) => `hooks.${stage}.${key}`)
  )
]

/** A key with NAME for the user's own name in it. */
export const generalField = (key: string): string =>
  key.replace(/(?<=(?:^|\.)(?:env|volumes|arguments)\.)[^.]+/, "NAME")
