/** What the keeper does for a workspace in each round, in this order. A new job is a file here and a line below. */
import { checkpointEdits } from "./CheckpointEdits.ts"
import type { Job } from "./Job.ts"
import { keepSamples } from "./KeepSamples.ts"
import { keepSynced } from "./KeepSynced.ts"
import { stopIdle } from "./StopIdle.ts"

export const jobs: ReadonlyArray<Job> = [keepSamples, keepSynced, checkpointEdits, stopIdle]
