/** How a service's image is built, if all that it is built from is in the worktree. */
import { resolve } from "node:path"
import { within } from "./Places.ts"
import { type Fields, isFields, isNothing, type Value, wordOf } from "./Value.ts"

const kept = new Set(["args", "target", "dockerfile_inline", "extra_hosts", "shm_size"])
const passed = new Set(
  "context dockerfile labels tags cache_from cache_to no_cache pull platforms provenance sbom isolation network".split(
    " "
  )
)

export const buildOf = (
  given: Value,
  { folder, labels }: { readonly folder: string; readonly labels: Readonly<Record<string, string>> }
): { readonly build: Fields; readonly refused: ReadonlyArray<string> } => {
  const fields = isFields(given) ? given : { context: given }
  const context = wordOf(fields["context"] ?? ".")
  const place = /^\w[\w+.-]*:\/\/|^git@/.test(context) ? undefined : within(folder, context)
  const dockerfile = fields["dockerfile"]
  const file =
    typeof dockerfile === "string" && place !== undefined ? within(folder, resolve(place, dockerfile)) : undefined
  return {
    build: {
      ...Object.fromEntries(Object.entries(fields).filter(([key, value]) => kept.has(key) && value !== null)),
      context: place ?? context,
      ...(file === undefined ? {} : { dockerfile: file }),
      labels
    },
    refused: [
      ...(place === undefined ? [`build: ${context} is not in the worktree`] : []),
      ...(typeof dockerfile === "string" && file === undefined && fields["dockerfile_inline"] === undefined
        ? [`build: ${dockerfile} is not in the worktree`]
        : []),
      ...(["default", "none", "bridge"].includes(wordOf(fields["network"] ?? "none"))
        ? []
        : [`build: network ${wordOf(fields["network"])}`]),
      ...Object.entries(fields).flatMap(([key, value]) =>
        kept.has(key) || passed.has(key) || key.startsWith("x-") || isNothing(value) ? [] : [`build: ${key}`]
      )
    ]
  }
}
