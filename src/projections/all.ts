/** Every projection that Nexus keeps. */
import { FilesTouched } from "./FilesTouched.ts"
import type { Projection } from "./Projection.ts"
import { Projects } from "./Projects.ts"
import { Sessions } from "./Sessions.ts"
import { Timeline } from "./Timeline.ts"

export const all: ReadonlyArray<Projection> = [Projects, Sessions, Timeline, FilesTouched]
