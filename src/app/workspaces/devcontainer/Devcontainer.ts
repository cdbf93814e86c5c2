/** A devcontainer.json (containers.dev, "Dev Container metadata reference") as a layer of a workspace's specification. Pure. */
import { createHash } from "node:crypto"
import * as Either from "effect/Either"
import { nearest } from "../../nearest.ts"
import type { SpecLayer } from "../spec/SpecLayers.ts"
import { commands } from "./Commands.ts"
import { DevcontainerWrong } from "./DevcontainerWrong.ts"
import { environment, user } from "./Environment.ts"
import { forwardedPorts } from "./ForwardedPorts.ts"
import { image } from "./Image.ts"
import { ignored, read } from "./Keys.ts"
import { mounts } from "./Mounts.ts"
import { needsIn } from "./Needs.ts"
import { type Place, placeIn } from "./Place.ts"
import type { Given, Needs, Part } from "./Reading.ts"
import { rights } from "./Rights.ts"
import { runArguments } from "./RunArguments.ts"

export interface Devcontainer {
  readonly layer: SpecLayer
  /** What is not done as the file says, one sentence each. */
  readonly notes: ReadonlyArray<string>
  readonly needs: Needs
}

/** In the order in which a person would want to hear of what is wrong; a later part's word counts. */
const parts: ReadonlyArray<Part> = [rights, image, runArguments, environment, commands, user, mounts, forwardedPorts]

/** Fails with DevcontainerWrong, which says where, for what can't be followed or would lower the workspace's protection. */
export const devcontainerIn = (text: string, given: Given): Either.Either<Devcontainer, DevcontainerWrong> =>
  Either.try({
    try: () => {
      const whole = placeIn(given.file, text)
      const found = parts.map((part) => part(whole, given))
      const layers = found.map(({ layer = {} }) => layer)
      const merged: SpecLayer = Object.assign({}, ...layers)
      return {
        layer: {
          ...merged,
          limits: Object.assign({}, ...layers.map(({ limits }) => limits)),
          variables: Object.assign({}, ...layers.map(({ variables }) => variables)),
          services: layers.flatMap(({ services = [] }) => services),
          volumes: layers.flatMap(({ volumes = [] }) => volumes),
          devcontainer: { from: given.file, digest: createHash("sha256").update(text).digest("hex") }
        },
        notes: [...found.flatMap(({ notes = [] }) => notes), ...others(whole)],
        needs: needsIn(whole)
      }
    },
    catch: (error) => {
      if (error instanceof DevcontainerWrong) return error
      throw error
    }
  })

const others = (whole: Place): ReadonlyArray<string> => {
  const known: ReadonlyArray<string> = [...read, ...ignored]
  const unknown = new Set(
    whole
      .entries()
      .map(([key]) => key)
      .filter((key) => !known.includes(key))
  )
  const gpu = whole.at("hostRequirements")?.at("gpu")
  return [
    ...(gpu === undefined || (gpu.isText && gpu.text() === "optional") || (gpu.isFlag && !gpu.flag())
      ? []
      : ["hostRequirements.gpu: a workspace sees no graphics processor."]),
    ...(whole.at("workspaceFolder") === undefined && whole.at("workspaceMount") === undefined
      ? []
      : [
          "workspaceFolder and workspaceMount are left out: a worktree is seen inside under the path that it has outside."
        ]),
    ...(whole.at("overrideCommand")?.flag() === false ? ["overrideCommand: the image's own command is not run."] : []),
    ...[...unknown].map((key) => {
      const guess = nearest(key, known)
      return `${key} is not known${guess === undefined ? "." : `. Did you mean ${guess}?`}`
    })
  ]
}
