/** What YAML and JSON hold. */
export type Value = null | boolean | number | string | ReadonlyArray<Value> | { readonly [key: string]: Value }

export type Fields = Readonly<Record<string, Value>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The fields of what is there; none of what is absent or something else. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

/** One is a list of one. */
export const listOf = (value: unknown): ReadonlyArray<Value> =>
  Array.isArray(value) ? (value as ReadonlyArray<Value>) : value === undefined || value === null ? [] : [value as Value]

/** Says nothing: absent, off or empty. */
export const isNothing = (value: Value | undefined): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.keys(value).length === 0)

/** As it is written where a word is expected. */
export const wordOf = (value: Value | undefined): string =>
  typeof value === "object" ? JSON.stringify(value) : String(value ?? "")
