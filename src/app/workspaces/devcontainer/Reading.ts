/** What the parts of the reader are given, and what they give. */
import type { SpecLayer } from "../spec/SpecLayers.ts"
import type { Place } from "./Place.ts"

export interface Given {
  /** Relative to the top of the worktree. */
  readonly file: string
  /** The command line gives it the rights of a container engine. */
  readonly nested: boolean
  /** The command line names an image or a Dockerfile: that of the file, and features, are not asked for. */
  readonly imageGiven: boolean
}

/** What the project says that it needs of a machine. */
export interface Needs {
  readonly cpus?: number
  readonly memoryBytes?: number
  readonly storageBytes?: number
}

export interface Found {
  readonly layer: SpecLayer
  /** What is not done as the file says, one sentence each. */
  readonly notes: ReadonlyArray<string>
}

/** One part of the file, out of the whole. */
export type Part = (whole: Place, given: Given) => Partial<Found>
