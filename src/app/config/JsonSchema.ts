/** The JSON Schema of a configuration file, for editors: schemas/config.schema.json. */
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"
import { CommitsOptions, DocumentationOptions } from "../../domain/boulder/Checks.ts"
import { GateCommand, gateName } from "./GateSettings.ts"
import { time } from "./Kinds.ts"
import { keys, settingOf } from "./Settings.ts"
import { fields } from "./workspace/Fields.ts"

type Json = { readonly [name: string]: unknown }

/** JSON Schema 2020-12. */
export const configSchema = (): Json => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Nexus configuration",
  description: "config.jsonc in NEXUS_HOME, and .nexus/config.jsonc in a repository, which wins.",
  ...object({
    $schema: { type: "string" },
    ...withFields(keys.reduce<Json>((tree, key) => put(tree, key.split("."), settingSchema(key)), {})),
    gates: {
      description: "Checks of the project's own, by name.",
      type: "object",
      additionalProperties: false,
      properties: { commits: builtIn(CommitsOptions), documentation: builtIn(DocumentationOptions) },
      patternProperties: { [`^(?!(?:commits|documentation)$)${gateName.source.slice(1)}`]: gate }
    }
  })
})

/** And with what can be said of new workspaces. */
const withFields = (tree: Json): Json =>
  Object.entries(fields).reduce<Json>(
    (grown, [key, { schema, description, allowed }]) =>
      put(grown, ["workspace", ...key.split(".")], { ...plain(schema), description: `${description}: ${allowed}.` }),
    tree
  )

/** Without the library's own words, which say again what the rest says. */
const plain = (schema: Schema.Schema.Any): Json => {
  const made = JSON.stringify(JSONSchema.make(schema as Schema.Schema<unknown>), (name, value: unknown) =>
    ["$schema", "description", "title"].includes(name) ? undefined : value
  )
  return JSON.parse(made) as Json
}

const day = 86_400_000

const limit: Json = { ...plain(time(1000, day).schema), description: 'Such as "90s", "15m" or "2h".' }

/** Whether there is such a gate, what it is to look for, or a command in its place. */
const builtIn = (options: Schema.Schema.Any): Json => {
  const { properties } = plain(options) as { readonly properties: Json }
  return { anyOf: [{ type: "boolean" }, object({ ...properties, timeout: limit }), gate] }
}

const gate: Json = {
  ...object({
    command: { ...plain(GateCommand), description: "A line for the shell, or a program and its arguments." },
    timeout: { ...plain(time(1000, day).schema), description: 'Such as "90s", "15m" or "2h"; ten minutes unless said.' }
  }),
  required: ["command"]
}

const settingSchema = (key: (typeof keys)[number]): Json => {
  const { kind, default: value, description } = settingOf(key)
  return { ...plain(kind.schema), description: `${description}. It is ${kind.allowed}.`, default: kind.encode(value) }
}

/** Groups of settings are told from settings by having no description yet. */
const put = (tree: Json, [name = "", ...rest]: ReadonlyArray<string>, leaf: Json): Json => {
  if (rest.length === 0) return { ...tree, [name]: leaf }
  const group = (tree[name] as { properties?: Json } | undefined)?.properties ?? {}
  return { ...tree, [name]: object(put(group, rest, leaf)) }
}

function object(properties: Json): Json {
  return { type: "object", additionalProperties: false, properties }
}
