/** What an engine says while it builds or fetches: lines of JSON, with an error among them when it fails. */
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"

interface Said {
  readonly stream?: string
  readonly status?: string
  readonly id?: string
  readonly error?: string
  readonly aux?: { readonly ID?: string }
}

/** Reads to the end; throws the error that it tells. Answers the id of what was built, if it tells one. */
export const followed = async (
  said: NodeJS.ReadableStream,
  say: (words: string) => void
): Promise<string | undefined> => {
  let id: string | undefined
  for await (const line of createInterface({ input: said as Readable })) {
    const { stream, status, error, aux, id: layer } = read(line)
    if (error !== undefined) throw new Error(error)
    id = aux?.ID ?? id
    const words = (stream ?? (layer === undefined ? status : undefined) ?? "").trim()
    if (words !== "") say(words)
  }
  return id
}

const read = (line: string): Said => {
  try {
    return JSON.parse(line) as Said
  } catch {
    return { stream: line }
  }
}
