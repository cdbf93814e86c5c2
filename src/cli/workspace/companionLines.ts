/** Services beside a workspace as they are printed. */
import type { Companion } from "../../app/ports/Backend.ts"

export const companionView = ({ name, handle, state, health, exit, listening }: Companion) => ({
  name,
  handle,
  state,
  health: health ?? null,
  exit: exit ?? null,
  listening: listening ?? null
})

/** `running, healthy`; `stopped (ended with 1)`. */
export const companionWords = ({ state, health, exit }: Companion): string =>
  [
    exit === undefined ? state : `${state} (ended with ${exit})`,
    ...(health === undefined || state !== "running" ? [] : [health])
  ].join(", ")

export const companionLine = (one: Companion): string => `Beside it: ${one.name}, ${companionWords(one)}`
