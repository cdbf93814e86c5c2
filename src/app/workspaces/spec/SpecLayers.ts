/** A specification out of what was said of it in several places, each more to the point than the one before. Pure. */
import type { Spec } from "../../../domain/workspace/Spec.ts"

/** What one place says: a template, the project's settings, its devcontainer.json, its compose file, the command line. */
export type SpecLayer = Partial<Omit<Spec, "backend">>

/**
 * A later layer's word counts. Limits and variables are taken one by one, services and volumes by name; hooks of all layers are run, in
 * the layers' order.
 */
export const specOf = (backend: string, layers: ReadonlyArray<SpecLayer>): Spec => {
  const all: SpecLayer = Object.assign({}, ...layers)
  const each = <K extends keyof SpecLayer>(key: K) =>
    layers.flatMap((layer) => (layer[key] === undefined ? [] : [layer[key]]))
  const hooks = each("hooks").flat()
  return {
    ...all,
    backend,
    image: all.image ?? { kind: "base" },
    limits: Object.assign({}, ...each("limits")),
    services: byName(each("services").flat()),
    volumes: byName(each("volumes").flat()),
    variables: Object.assign({}, ...each("variables")),
    network: all.network ?? "own",
    nested: all.nested ?? false,
    ...(hooks.length === 0 ? {} : { hooks })
  }
}

const byName = <A extends { readonly name: string }>(all: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(all.map((one) => [one.name, one])).values()
]
