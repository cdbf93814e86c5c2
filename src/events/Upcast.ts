/** Old payloads in the current shape of their type. */
import { eventType, type EventType } from "./Catalogue.ts"

/**
 * Brings a payload of version `schema` to the type's current version, one upcaster at a time. A type or version that this
 * Nexus does not know comes back as it is.
 */
export const upcast = (
  name: string,
  schema: number,
  payload: unknown,
  lookUp: (name: string) => EventType | undefined = eventType
): unknown => {
  const type = lookUp(name)
  if (type === undefined || schema >= type.version) return payload
  let current = payload as Readonly<Record<string, unknown>>
  for (let version = schema; version < type.version; version++) {
    const next = type.upcasters[version]
    if (next === undefined) throw new Error(`${name} has no upcaster from version ${version}`)
    current = next(current)
  }
  return current
}
