/** What workspaces stand on, put together. */
import * as Layer from "effect/Layer"
import * as ProcessBackend from "../../adapters/process/ProcessBackend.ts"
import { Backends } from "../../app/ports/Backend.ts"
import type { Home } from "../../events/Home.ts"

export type Workspaces = Backends

export const layer = (home: Home): Layer.Layer<Workspaces> =>
  Layer.sync(Backends, () => ({ all: [ProcessBackend.make(home.workspaces)] }))
