/**
 * What a text refers to, in the form that devcontainer.json has for it (containers.dev, "Variables in devcontainer.json"). It is looked
 * up when the text is used, so that a fork finds its own folder, and no value of the environment gets into the log. Pure.
 */

/** `fallback`: for a variable that is not set; without one it is empty. */
export type Reference =
  | { readonly kind: "outside" | "inside"; readonly name: string; readonly fallback: string | undefined }
  | { readonly kind: "folder" | "basename" | "id" }

const pattern =
  /\$\{(?:(localEnv|env|containerEnv):([^}:]+)(?::([^}]*))?|(localWorkspaceFolder|containerWorkspaceFolder)|(localWorkspaceFolderBasename|containerWorkspaceFolderBasename)|(devcontainerId))\}/g

/** The text in pieces: what stands for itself, and what refers to something. */
export const piecesOf = (text: string): ReadonlyArray<string | Reference> => {
  const pieces: Array<string | Reference> = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) pieces.push(text.slice(from, match.index))
    pieces.push(referenceOf(match))
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push(text.slice(from))
  return pieces
}

const referenceOf = ([, source, name, fallback, folder, basename]: RegExpMatchArray): Reference => {
  if (source !== undefined && name !== undefined)
    return { kind: source === "containerEnv" ? "inside" : "outside", name, fallback }
  if (folder !== undefined) return { kind: "folder" }
  return { kind: basename === undefined ? "id" : "basename" }
}

export const referencesIn = (text: string): ReadonlyArray<Reference> =>
  piecesOf(text).filter((piece) => typeof piece !== "string")

/** Each reference replaced by what `found` knows of it. */
export const expanded = (text: string, found: (reference: Reference) => string): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : found(piece)))
    .join("")
