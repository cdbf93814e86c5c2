/** `image`, `build`, and the older `dockerFile` with `context`. */
import { posix } from "node:path"
import type { Image } from "../../../domain/workspace/Spec.ts"
import { piecesOf } from "../../../domain/workspace/References.ts"
import type { Place } from "./Place.ts"
import type { Given, Part } from "./Reading.ts"

export const image: Part = (whole, given) => {
  refuseFeatures(whole, given)
  if (given.imageGiven) return {}
  const compose = whole.at("dockerComposeFile")
  if (compose !== undefined)
    throw compose.wrong(
      "it describes its containers by a Compose file, which is not read from a devcontainer.json.",
      "Name what the workspace itself is to run on (--image NAME or --dockerfile FILE), and the services beside it: --compose FILE."
    )
  const build = whole.at("build")
  const file = build?.at("dockerfile") ?? whole.at("dockerFile")
  const named = whole.at("image")
  if (file !== undefined) return { layer: { image: built(file, build, whole, given) }, notes: left(build) }
  if (named !== undefined) return { layer: { image: { kind: "named", name: named.plain() } } }
  if (build !== undefined)
    throw build.wrong("build names no dockerfile.", 'Such as: "build": { "dockerfile": "Dockerfile" }.')
  return { notes: ["It names no image: Nexus' own is taken."] }
}

const built = (file: Place, build: Place | undefined, whole: Place, given: Given): Image => {
  const context = build?.at("context") ?? whole.at("context")
  const target = build?.at("target")
  const args = build?.at("args")
  return {
    kind: "dockerfile",
    path: within(file, given),
    context: context === undefined ? posix.dirname(given.file) : within(context, given),
    ...(target === undefined ? {} : { target: target.plain() }),
    ...(args === undefined
      ? {}
      : { arguments: Object.fromEntries(args.entries().map(([name, value]) => [name, value.plain()])) })
  }
}

const left = (build: Place | undefined): ReadonlyArray<string> =>
  build?.at("options") === undefined ? [] : ["build.options are left out: only context, target and args are taken."]

/** Paths are relative to the file's folder, and stay in the worktree. */
const within = (place: Place, { file }: Given): string => {
  const [first, ...rest] = piecesOf(place.text())
  const isTop = typeof first === "object" && first.kind === "folder" && rest.every((piece) => typeof piece === "string")
  const path = isTop ? posix.normalize(`./${rest.join("")}`) : posix.join(posix.dirname(file), place.plain())
  if (path === ".." || path.startsWith("../") || (!isTop && posix.isAbsolute(place.text())))
    throw place.wrong(`${place.name} is outside of the worktree.`, "It can only name what is committed.")
  return path.replace(/(?<=.)\/$/, "")
}

const refuseFeatures = (whole: Place, { imageGiven }: Given): void => {
  const features = whole.at("features")
  const names = features?.entries().map(([name]) => name) ?? []
  if (features === undefined || names.length === 0 || imageGiven) return
  const docker = names.some((name) => /docker-(?:in|outside-of|from)-docker/.test(name))
  throw features.wrong(
    `it asks for features, which are installed from a registry: ${names.join(", ")}.`,
    "Build an image that has them once, where there is a network (devcontainer build --workspace-folder . --image-name NAME), and name it: --image NAME." +
      (docker ? " For containers of its own: --dind as well." : "")
  )
}
