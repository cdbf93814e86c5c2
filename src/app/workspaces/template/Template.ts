/** A template, read: what it sets, and which files it brings. */
import { createHash } from "node:crypto"
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type TemplateFile, contentOfTemplate } from "../../config/workspace/TemplateFile.ts"
import { Nexus } from "../../Nexus.ts"
import { GitSources } from "../../ports/GitSources.ts"
import type { Say } from "../StartWithPorts.ts"
import type { SpecLayer } from "../spec/SpecLayers.ts"
import { isSound, keepSnapshot, most, snapshotOf } from "./Snapshot.ts"
import { TemplateDiffers, TemplateRefused, TemplateUnreachable } from "./TemplateErrors.ts"
import { sourceOf, type TemplateSource } from "./TemplateSource.ts"

const settingsFile = "template.jsonc"

export interface Template {
  /** Without a password. */
  readonly from: string
  /** `sha256:…`, as `Snapshot.digestOf` has it. */
  readonly digest: string
  readonly description: string | undefined
  /** By key, as it is written. */
  readonly written: TemplateFile["written"]
  readonly layer: SpecLayer
  /** Where its copy is. */
  readonly folder: string
}

/** The template of a source, copied into our home. Fails with what is wrong with it. */
export const readTemplate = (text: string, say: Say) =>
  Effect.gen(function* () {
    const { home, cwd } = yield* Nexus
    const source = yield* sourceOf(text, cwd)
    const digest = yield* kept(source, home.templates, say)
    const { from } = source
    if (source.digest !== undefined && source.digest !== digest)
      return yield* new TemplateDiffers({
        from,
        expected: source.digest,
        found: digest,
        hint: `See what it is now: nexus workspace template show ${from}`
      })
    const folder = snapshotOf(home.templates, digest)
    const { written, layer, description } = yield* contentOfTemplate(
      `${from}: template.jsonc`,
      readFileSync(join(folder, settingsFile), "utf8")
    )
    const { image } = layer
    if (image?.kind === "dockerfile" && lstatSync(join(folder, image.path), { throwIfNoEntry: false }) === undefined)
      return yield* new TemplateRefused({
        reason: `${from} has no ${image.path}, which its template.jsonc names as its Dockerfile.`,
        hint: "Paths are relative to the template's folder."
      })
    return {
      from,
      digest,
      description,
      written,
      layer: {
        ...layer,
        ...(image?.kind === "dockerfile" ? { image: { ...image, of: "template" } } : {}),
        template: { from, digest }
      },
      folder
    } satisfies Template
  })

/** Its digest, once its copy is there. What is pinned and was copied before is not asked for again. */
const kept = (source: TemplateSource, templates: string, say: Say) =>
  Effect.gen(function* () {
    const { digest } = source
    if (digest !== undefined && isSound(snapshotOf(templates, digest), digest)) return digest
    if (source.kind === "folder") return yield* snapshot(source.from, source.path, templates)
    const { address, ref, folder, from } = source
    const sources = yield* GitSources
    const name = createHash("sha256").update(address).digest("hex")
    const cache = join(templates, "git", `${name}.git`)
    say(`Fetching the template ${from}`)
    const { commit, stale } = yield* sources.fetch(cache, address, ref).pipe(
      Effect.catchTag(
        "GitFailed",
        ({ detail }) =>
          new TemplateUnreachable({
            from,
            detail: withoutPassword(detail),
            hint: "Check the address and the network; a folder of this machine needs none."
          })
      )
    )
    if (stale !== undefined)
      say(`${from} can't be reached (${withoutPassword(stale)}): taking what it was, ${commit.slice(0, 12)}.`)
    const aside = join(templates, `.tree-${process.pid}-${name.slice(0, 12)}`)
    return yield* Effect.gen(function* () {
      mkdirSync(aside, { recursive: true, mode: 0o700 })
      yield* sources.write(cache, commit, folder, aside, most.bytes).pipe(
        Effect.catchTag(
          "GitFailed",
          ({ detail }) =>
            new TemplateRefused({
              reason: `${from} can't be a template: ${folder === "" ? detail : `there is no folder ${folder} at ${commit.slice(0, 12)}`}.`,
              hint: "REPOSITORY#REF:FOLDER names a folder in a repository."
            })
        )
      )
      return yield* snapshot(from, aside, templates)
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(aside, { recursive: true, force: true }))))
  })

/** What is no template is not copied. */
const snapshot = (from: string, folder: string, templates: string) =>
  Effect.try({
    try: () => {
      if (existsSync(join(folder, settingsFile))) return keepSnapshot(folder, templates)
      throw new TemplateRefused({
        reason: `${from} has no ${settingsFile}.`,
        hint: 'Such as: { "image": "node:24", "hooks": { "setup": "npm ci" } }'
      })
    },
    catch: (cause) =>
      cause instanceof TemplateRefused
        ? cause
        : new TemplateRefused({
            reason: `The template can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
            hint: "Check that its files are yours to read, and that there is room for a copy."
          })
  })

const withoutPassword = (text: string): string =>
  text
    .replace(/^fatal: /, "")
    .replaceAll(/([a-z+]+:\/\/)[^/@\s]*:[^/@\s]*@/gi, "$1")
    .replaceAll(/\s*\n\s*/g, " ")
