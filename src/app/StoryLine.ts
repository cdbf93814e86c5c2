/** One event as a line of the story. */
import { actorLabel } from "../domain/Actor.ts"
import type { RecordedEvent } from "../events/Event.ts"
import { describe } from "../projections/Timeline.ts"
import { isoTime } from "./isoTime.ts"

export interface StoryLine {
  readonly position: number
  readonly time: string
  readonly actor: string
  readonly session: string | null
  readonly type: string
  readonly line: string
}

export const storyLine = (event: RecordedEvent): StoryLine => ({
  position: event.position,
  time: isoTime(event.time),
  actor: actorLabel(event.actor),
  session: event.correlation,
  type: event.type,
  line: event.payload === null ? "(payload destroyed)" : describe(event)
})
