/** What a file says of workspaces: the section `workspace` of a configuration, or a template as a whole. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { SpecLayer } from "../../workspaces/spec/SpecLayers.ts"
import { fields } from "./Fields.ts"

export interface Section {
  /** By the names of fields, as they are written. */
  readonly written: Readonly<Record<string, unknown>>
  readonly layer: SpecLayer
}

export const emptySection: Section = { written: {}, layer: {} }

/** The key at which something is wrong, and what. */
interface Wrong {
  readonly key: string
  readonly reason: string
}

/** `at`: what stands at a key; `prefix`: of keys, in what is told. Names that are not known are told before. */
export const sectionFrom = (at: (key: string) => unknown, prefix: string): Either.Either<Section, Wrong> => {
  const written: Record<string, unknown> = {}
  const layers: Array<SpecLayer> = []
  for (const [key, { decode, allowed }] of Object.entries(fields)) {
    const value = at(key)
    if (value === undefined) continue
    const layer = decode(value)
    if (Option.isNone(layer))
      return Either.left({ key, reason: `${prefix}${key} is ${allowed}, not ${JSON.stringify(value)}` })
    written[key] = value
    layers.push(layer.value)
  }
  if (written["image"] !== undefined && written["dockerfile"] !== undefined)
    return Either.left({
      key: "dockerfile",
      reason: `only one of ${prefix}image and ${prefix}dockerfile can be there`
    })
  const hooks = layers.flatMap((layer) => layer.hooks ?? [])
  const limits = layers.flatMap((layer) => layer.limits ?? [])
  return Either.right({
    written,
    layer: {
      ...Object.assign({}, ...layers),
      ...(hooks.length === 0 ? {} : { hooks }),
      ...(limits.length === 0 ? {} : { limits: Object.assign({}, ...limits) })
    }
  })
}
