/** Checkpoints as they are printed. */
import { isoTime } from "../../app/isoTime.ts"
import type { Checkpoint } from "../../domain/workspace/Checkpoint.ts"
import type { Part } from "../../domain/workspace/CheckpointEvents.ts"
import type { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { table } from "../Table.ts"

/** An item of `nexus workspace checkpoint list --json`. */
export const checkpointView = ({ id, name, message, occasion, ignored, status, time, held }: Checkpoint) => ({
  id,
  name,
  message,
  occasion,
  ignored,
  status,
  time: isoTime(time),
  ...(held === null
    ? { parts: null }
    : {
        hash: held.hash,
        commit: held.commit,
        position: held.position,
        pausedMs: held.pausedMs,
        durationMs: held.durationMs,
        parts: {
          files: held.files,
          git: held.git,
          environment: held.environment,
          volumes: held.volumes,
          processes: { held: "excluded", why: "running programs are never in a checkpoint" }
        }
      })
})

export const checkpointTable = (
  checkpoints: ReadonlyArray<Checkpoint>,
  { style }: Output["Type"]
): ReadonlyArray<string> =>
  table(
    ["ID", "NAME", "TAKEN", "OCCASION", "ADDED", "STATUS"],
    checkpoints.map(({ id, name, time, occasion, status, held }) => [
      id,
      name ?? "",
      shownTime(isoTime(time)),
      occasion,
      held === null ? "" : shownBytes(addedBytes(held)),
      status
    ]),
    style
  )

export const checkpointLines = (
  { id, name, message, occasion, held, time, status }: Checkpoint,
  { style }: Output["Type"]
): ReadonlyArray<string> => {
  const head = style("bold", `${id}${name === null ? "" : ` ${name}`}`)
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["taken", `${shownTime(isoTime(time))}, ${occasion}`],
    ...(message === null ? [] : [["message", message] as const]),
    ...(held === null
      ? [["status", status] as const]
      : ([
          ["files", partWords(held.files)],
          ["git", `${partWords(held.git)}${held.commit === null ? "" : `, at ${held.commit.slice(0, 12)}`}`],
          ["environment", partWords(held.environment)],
          ...held.volumes.map(({ name: volume, part }): readonly [string, string] => [
            `volume ${volume}`,
            partWords(part)
          ]),
          ["processes", "not in it: running programs never are"],
          ["stood still", `${held.pausedMs} ms of ${held.durationMs} ms`],
          ["hash", held.hash]
        ] as const))
  ]
  return [head, ...rows.map(([key, value]) => `  ${key.padEnd(12)} ${value}`)]
}

const partWords = (part: Part): string => {
  if (part.held === "excluded") return `not in it: ${part.why}`
  if (part.held === "unchanged") return `unchanged since ${part.since}`
  const { files, bytes, addedBytes: added, leftOut } = part
  const count = files === undefined ? "" : `${files} files, `
  const missing =
    leftOut === undefined
      ? ""
      : `; left out: ${leftOut.some.map(({ path, why }) => `${path} (${why})`).join(", ")}${leftOut.count > leftOut.some.length ? ` and ${leftOut.count - leftOut.some.length} more` : ""}`
  return `${count}${shownBytes(bytes)}, ${shownBytes(added)} new${missing}`
}

const addedBytes = (held: NonNullable<Checkpoint["held"]>): number =>
  [held.files, held.git, held.environment, ...held.volumes.map(({ part }) => part)].reduce(
    (sum, part) => sum + (part.held === "included" ? part.addedBytes : 0),
    0
  )

export const shownBytes = (bytes: number): string => {
  const unit = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return unit === 0 ? `${bytes} B` : `${(bytes / 1024 ** unit).toFixed(1)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`
}
