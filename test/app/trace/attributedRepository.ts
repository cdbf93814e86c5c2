/** A repository in which an agent and a person wrote, recorded as it happened. */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { git, payload, repository, session, type World, written } from "../world.ts"

/** The first commit is empty; the second has a file of three AI lines and one of a person's. */
export const attributedRepository = async (at: World, name = "project") => {
  const folder = repository(at.folder(name), "First")
  const fields = { cwd: folder, session_id: session }
  await at.record(
    payload("SessionStart", { ...fields, source: "startup", model: "claude-opus-5-5" }),
    payload("UserPromptSubmit", { ...fields, prompt: "Say hello in three ways", prompt_id: "p-1" }),
    written(at.put(`${name}/src/hello.ts`, "one\ntwo\nthree\n"), "one\ntwo\nthree\n", fields)
  )
  at.put(`${name}/src/hello.ts`, "one\ntwo\nthree\nby hand\n")
  git(folder, "add", "--all")
  commitNow(folder, "Say hello", "Reviewed-by: Grace <grace@localhost>")
  return { folder, head: git(folder, "rev-parse", "HEAD") }
}

/** Commits everything that is staged, now and not at the beginning of the year: after what was recorded. */
export const commitNow = (folder: string, ...paragraphs: ReadonlyArray<string>): void => {
  const person = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"]
  const messages = paragraphs.flatMap((paragraph) => ["--message", paragraph])
  execFileSync("git", [...person, "commit", "--quiet", "--allow-empty", ...messages], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1" }
  })
}

/** A clone as somebody else has it, with a log of its own that has seen nothing. */
export const cloned = (at: World, from: string): string => {
  const folder = at.folder("clone")
  rmSync(folder, { recursive: true })
  git(at.root, "clone", "--quiet", from, folder)
  return folder
}
