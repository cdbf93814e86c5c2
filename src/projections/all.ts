/** Every projection that Nexus keeps. */
import { Attribution } from "./Attribution.ts"
import { FilesTouched } from "./FilesTouched.ts"
import { Boulders } from "./Boulders.ts"
import { Gates } from "./Gates.ts"
import { History } from "./History.ts"
import type { Projection } from "./Projection.ts"
import { Projects } from "./Projects.ts"
import { Sessions } from "./Sessions.ts"
import { Tasks } from "./Tasks.ts"
import { Timeline } from "./Timeline.ts"
import { Workspaces } from "./Workspaces.ts"

export const all: ReadonlyArray<Projection> = [
  Projects,
  Sessions,
  Timeline,
  FilesTouched,
  Attribution,
  History,
  Tasks,
  Gates,
  Boulders,
  Workspaces
]
