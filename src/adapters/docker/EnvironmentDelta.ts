/** What differs in a container from its image. */
import * as Effect from "effect/Effect"
import type { BackendFailure, EnvironmentDelta } from "../../app/ports/Backend.ts"
import type { Found } from "./Containers.ts"
import type { Engine } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"

export const applyEnvironment = (
  _engine: Engine,
  _found: Found,
  _delta: EnvironmentDelta,
  _say: (words: string) => void
): Effect.Effect<void, BackendFailure> => Effect.fail(failed("restore the environment", "unsupported", "Not yet."))

export const keepEnvironment = (
  _engine: Engine,
  _found: Found,
  _folder: string
): Effect.Effect<EnvironmentDelta | undefined, BackendFailure> =>
  Effect.fail(failed("keep the environment", "unsupported", "Not yet."))
