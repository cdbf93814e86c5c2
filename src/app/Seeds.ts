/** What a client wants beside its settings file, made together with the folder and removed together with it. */
import { hash } from "node:crypto"
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import type { Seed } from "./ports/Agent.ts"

/** The folder that Nexus made, and each thing in it: SHA-256 of a file, null for a folder. */
export const Planted = Schema.Struct({
  folder: Schema.String,
  things: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) })
})
export type Planted = typeof Planted.Type

/** What planting in this folder would make; undefined where the folder is there already, and not ours to fill. */
export const plan = (folder: string, seeds: ReadonlyArray<Seed>): Planted | undefined =>
  seeds.length === 0 || existsSync(folder)
    ? undefined
    : {
        folder,
        things: Object.fromEntries(
          seeds.map(({ path, text }) => [path, text === undefined ? null : hash("sha256", text)])
        )
      }

export const plant = (folder: string, seeds: ReadonlyArray<Seed>): void => {
  mkdirSync(folder, { recursive: true })
  for (const { path, text } of seeds) {
    if (text === undefined) mkdirSync(join(folder, path), { recursive: true })
    else writeFileSync(join(folder, path), text)
  }
}

/** Removes the folder with what was planted in it, unless by now anything else is there, or anything is different. */
export const uproot = ({ folder, things }: Planted): void => {
  if (!existsSync(folder)) return
  const names = readdirSync(folder)
  if (!names.every((name) => isAsPlanted(join(folder, name), things[name]))) return
  for (const name of names) {
    if (things[name] === null) rmdirSync(join(folder, name))
    else rmSync(join(folder, name))
  }
  rmdirSync(folder)
}

const isAsPlanted = (path: string, planted: string | null | undefined): boolean => {
  const stat = lstatSync(path)
  if (planted === null) return stat.isDirectory() && readdirSync(path).length === 0
  return planted !== undefined && stat.isFile() && hash("sha256", readFileSync(path)) === planted
}
