/** A repository's refs and what they name, as many as are wanted in one question. */
import * as Effect from "effect/Effect"
import type { WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import type { Ask } from "./HostGit.ts"

/** Full names, and the objects that they name. */
export type Refs = ReadonlyMap<string, string>

/** Those of these names, and all below them. */
export const refsOf = (ask: Ask, names: ReadonlyArray<string>): Effect.Effect<Refs, WorktreeFailure> =>
  Effect.map(
    ask.text(["for-each-ref", "--format=%(objectname) %(refname)", ...names]),
    (listed) =>
      new Map(
        listed.split("\n").flatMap((line) => {
          const end = line.indexOf(" ")
          return end < 0 ? [] : [[line.slice(end + 1), line.slice(0, end)] as const]
        })
      )
  )

/** What a workspace may know of. */
export const shared: ReadonlyArray<string> = ["refs/heads", "refs/remotes", "refs/tags"]

/** What can stand in a branch's way: all that begins as it does. */
export const besides = (branch: string): ReadonlyArray<string> => [`refs/heads/${branch.split("/", 1)[0]}`]

/** git keeps branches as paths: neither what leads to one nor what would be below it can be there. Which of them is. */
export const blocking = (refs: Refs, branch: string): string | undefined => {
  const parts = branch.split("/")
  const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"))
  const below = [...refs.keys()].find((ref) => ref.startsWith(`refs/heads/${branch}/`))
  return above.find((name) => refs.has(`refs/heads/${name}`)) ?? below?.slice("refs/heads/".length)
}
