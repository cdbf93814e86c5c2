/** Reading the JSON that agents' hooks deliver, which promises nothing. */
import type { Json, JsonObject } from "../../app/ports/Agent.ts"

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

export const listOf = (value: Json | undefined): ReadonlyArray<Json> =>
  Array.isArray(value) ? (value as ReadonlyArray<Json>) : []

export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

/** The first of these fields that holds text: clients and their versions name one thing differently. */
export const firstGiven = (object: JsonObject, fields: ReadonlyArray<string>): string | undefined =>
  fields.map((field) => textOf(object[field])).find((text) => text !== undefined)

/** The same, where no text is as good as none. */
export const firstText = (object: JsonObject, fields: ReadonlyArray<string>): string | undefined =>
  fields.map((field) => textOf(object[field])).find((text) => text !== undefined && text !== "")

/** Reads fields, and remembers those that have not the type that they should have. */
export class Reader {
  readonly payload: JsonObject
  readonly unexpected = new Set<string>()

  constructor(payload: JsonObject) {
    this.payload = payload
  }

  /** "" when the field is absent. */
  text(field: string): string {
    return this.optionalText(field) ?? ""
  }

  optionalText(field: string): string | undefined {
    return this.#typed(field, (value) => (typeof value === "string" ? value : undefined))
  }

  optionalNumber(field: string): number | undefined {
    return this.#typed(field, (value) => (Number.isFinite(value) ? Number(value) : undefined))
  }

  flag(field: string): boolean {
    return this.#typed(field, (value) => (typeof value === "boolean" ? value : undefined)) ?? false
  }

  object(field: string): JsonObject {
    return this.#typed(field, (value) => (isObject(value) ? value : undefined)) ?? {}
  }

  list(field: string): ReadonlyArray<Json> {
    return this.#typed(field, (value) => (Array.isArray(value) ? (value as ReadonlyArray<Json>) : undefined)) ?? []
  }

  #typed<A>(field: string, as: (value: Json) => A | undefined): A | undefined {
    const value = this.payload[field]
    if (value === undefined || value === null) return undefined
    const typed = as(value)
    if (typed === undefined) this.unexpected.add(field)
    return typed
  }
}
