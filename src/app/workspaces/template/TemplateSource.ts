/** Where a template is, as it is written: FOLDER or REPOSITORY[#REF[:FOLDER]], and @sha256:DIGEST after any of these. */
import { existsSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import * as Either from "effect/Either"
import { TemplateRefused } from "./TemplateErrors.ts"

export type TemplateSource = {
  /** As it is told and recorded: without a password. */
  readonly from: string
  /** `sha256:…`, if it is to be exactly this. */
  readonly digest: string | undefined
} & (
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "git"; readonly address: string; readonly ref: string; readonly folder: string }
)

export const sourceOf = (text: string, cwd: string): Either.Either<TemplateSource, TemplateRefused> => {
  const [, where = "", digest] = /^([^]*?)(?:@(sha256:[^/]*))?$/.exec(text) ?? []
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    return refused(`${digest} is no digest: 64 digits and letters from a to f are to follow sha256:`)
  if (where === "") return refused("A template is a folder or a repository.")
  const path = resolve(cwd, where)
  if (isFolder(path) && !isBare(path)) return Either.right({ kind: "folder", path, from: path, digest })
  const [, base = "", ref = "HEAD", folder = ""] = /^([^#]+)(?:#([^#:]*)(?::([^#]*))?)?$/.exec(where) ?? []
  if (base === "") return refused(`${JSON.stringify(where)} is no address: REPOSITORY#REF:FOLDER`)
  if (!/^[A-Za-z0-9][\w./+-]*$/.test(ref || "HEAD") || ref.includes(".."))
    return refused(`${JSON.stringify(ref)} can't be a branch, a tag or a commit.`)
  if (folder.startsWith("/") || folder.split("/").includes(".."))
    return refused(`${JSON.stringify(folder)} is not a folder within the repository.`)
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(base) || /^[\w.-]+@[\w.-]+:./.test(base)
  if (!isUrl && !existsSync(resolve(cwd, base)))
    return Either.left(
      new TemplateRefused({
        reason: `There is no folder ${resolve(cwd, base)}.`,
        hint: "A template is a folder, a repository's folder or its address: nexus workspace template show SOURCE"
      })
    )
  const address = isUrl ? base : resolve(cwd, base)
  if (isUrl && !/^(?:https?|ssh|git|file):\/\//i.test(base) && !/^[\w.-]+@/.test(base))
    return refused(`${base.split(":")[0]}: is no way to fetch a repository: https, ssh, git or file`)
  if (!isUrl && !isRepository(address))
    return refused(`${address} is no repository, so there is no ${ref || "HEAD"} in it.`)
  const suffix = where.slice(base.length)
  return Either.right({
    kind: "git",
    address,
    ref: ref || "HEAD",
    folder: folder.replace(/\/+$/, ""),
    from: `${address.replace(/^([a-z+]+:\/\/)[^/@]*:[^/@]*@/i, "$1")}${suffix}`,
    digest
  })
}

const refused = (reason: string) =>
  Either.left(
    new TemplateRefused({ reason, hint: "Such as: ../templates/node, https://example.org/templates.git#main:node" })
  )

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

const isBare = (path: string): boolean =>
  !existsSync(join(path, "template.jsonc")) && existsSync(join(path, "HEAD")) && isFolder(join(path, "objects"))

const isRepository = (path: string): boolean => isBare(path) || existsSync(join(path, ".git"))
