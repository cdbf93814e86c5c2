/**
 * The stage of the accuracy suite: a real repository that is registered with Nexus, a person (Ada) who writes files and runs
 * git, agents whose hooks are delivered as the real client delivers them, and the question who wrote each line.
 *
 * ```ts
 * scenario(1, "an Edit inserts lines into a person's file", async (stage) => {
 *   stage.write("f.ts", "a\nb\n")                  // a person saves
 *   stage.commit("Start")                          // git add --all, git commit
 *   const claude = await stage.agent({ session: "s1", model: "claude-opus-4-5" })
 *   await claude.edit("f.ts", "a\n", "a\nx\n")     // Edit, with its hooks
 *   await claude.bash("sed -i s/b/B/ f.ts")        // really runs, between its two hooks
 *   await stage.expect("f.ts", [["a", "H"], ["x", claude], ["B", claude]])
 *   await stage.expect("f.ts", [["a", "H"], ["b", "H"]], { of: { revision: "HEAD" } })
 * })
 * ```
 *
 * - `Place.ts`: write, change, read, remove, move; git, gitFails, gitWith, gitAnswering, todo, commit, id. Paths are
 *   relative to `stage.cwd`, which is a subfolder in one variant: say `stage.git("show", "HEAD:./f.ts")`, not `HEAD:f.ts`.
 * - `Agent.ts`: edit, write, multiEdit, notebook, bash, background, call (MCP), fails, prompt, switchModel, subagent, hook.
 * - `Expect.ts`: owners ("H", "U", "M", "A s1 claude-opus-4-5", an agent, "H | U"), notes of a line, and `by(owner, ...texts)`.
 * - `Scenario.ts`: `scenario(number, title, body)` runs the body in three variants. Expectations that do not hold are collected, and fail the
 *   test at its end with expected and found side by side, so that one run counts and shows everything.
 *
 * Nothing waits and no time is set: what a person, an agent and git do falls into the same second, as it does in life.
 */
import { execFileSync } from "node:child_process"
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { ClaudeAgent } from "../../src/adapters/agents/claude/ClaudeAgent.ts"
import { ingest } from "../../src/app/Ingest.ts"
import { init, planInit } from "../../src/app/InitProject.ts"
import * as Trace from "../../src/app/trace/Trace.ts"
import type { AttributedCommit, BlamedLine } from "../../src/domain/attribution/Attribution.ts"
import { world, type World } from "../app/world.ts"
import { type Agent, type AgentOptions, startAgent } from "./Agent.ts"
import { stamp } from "./Clock.ts"
import { compare, type Line, linesOf } from "./Expect.ts"
import { type Place, placeAt } from "./Place.ts"
import { count, nothing, type Score } from "./Score.ts"

/** Where everything happens. The client reports what shell commands changed everywhere but in the linked worktree. */
export type Variant = "main checkout" | "linked worktree" | "subdirectory"

export const variants: ReadonlyArray<Variant> = ["main checkout", "linked worktree", "subdirectory"]

export interface Asked {
  /** As `trace blame` has it: what is on disk if not said. */
  readonly of?: NonNullable<Trace.BlameRequest["of"]>
  /** As of this position of the log, instead; what the file was then, only the record knows. */
  readonly event?: number
  /** The folder in which it is asked; the stage's if not said. */
  readonly in?: Place
}

export interface Stage extends Place {
  readonly variant: Variant
  /** The home of Nexus, its log and its use cases. */
  readonly world: World
  /** Starts an agent here. */
  readonly agent: (options: AgentOptions) => Promise<Agent>
  /** The plug-in of a person's editor says that this file was saved (the open shape `known_human` of `nexus record`). */
  readonly editorSaved: (file: string) => Promise<void>
  /** Who wrote each line, of every line. */
  readonly expect: (file: string, lines: ReadonlyArray<Line>, asked?: Asked) => Promise<ReadonlyArray<BlamedLine>>
  /** Which lines a commit introduced, by whom, and that there are no others. Files without introduced lines: []. */
  readonly expectIntroduced: (
    revision: string,
    files: Readonly<Record<string, ReadonlyArray<Line>>>
  ) => Promise<AttributedCommit>
  /** What holds must be true; else the scenario fails with `what`, at its end. */
  readonly check: (holds: boolean, what: string) => void
  /** What attribution says, with nothing expected. */
  readonly blame: (file: string, asked?: Asked) => Promise<ReadonlyArray<BlamedLine>>
  /** What a commit introduced, with nothing expected. */
  readonly show: (revision: string) => Promise<AttributedCommit>
  /** The checkout of somebody (Grace) who has no Nexus: a clone of `from` (the stage's repository if not said). */
  readonly elsewhere: (name: string, from?: string) => Place
  /** A bare repository, which is the remote "origin" of the stage; its path. */
  readonly hub: () => string
  /** Another linked worktree, on a new branch. */
  readonly worktree: (branch: string) => Place
  /** What did not hold so far. */
  readonly failures: ReadonlyArray<string>
  readonly score: Score
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** `before`: what somebody did there before `nexus init`. */
export const newStage = async (
  variant: Variant = "main checkout",
  before: (owner: Place) => void = () => undefined
): Promise<Stage> => {
  const at = world()
  const user = at.folder("user")
  const main = at.folder("project")
  const owner = placeAt(main, main, user)
  owner.git("init", "--quiet", "--initial-branch=main")
  // As after `nexus init`; settings of one machine are not committed.
  writeFileSync(join(main, ".git/info/exclude"), ".claude/\n")
  before(owner)
  const plan = await at.run(planInit(["claude"], "local"), main)
  await at.run(init(plan), main)
  const settings = plan.changes[0]?.after ?? ""
  const [top, inner] = {
    "main checkout": [main, ""],
    "linked worktree": [join(at.root, "tree"), ""],
    subdirectory: [main, "packages/app"]
  }[variant] as [string, string]
  owner.write(join(inner, "README.md"), "# A project\n")
  owner.commit("Start")
  if (variant === "linked worktree") {
    owner.git("checkout", "--quiet", "--detach")
    owner.git("worktree", "add", "--quiet", top, "main")
  }
  const place = placeAt(top, join(top, inner), user)
  const prefix = inner === "" ? "" : `${inner}/`

  const failures: Array<string> = []
  const score = nothing()
  const check: Stage["check"] = (holds, what) => {
    if (!holds) failures.push(what)
  }

  /** Runs the hooks that are registered for a payload, as the client does. */
  const deliver = async (payload: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const command of ClaudeAgent.settings.commandsFor(settings, payload as never)) {
      const waits = command.endsWith(" ack") ? "waits" : undefined
      const name = at.deliver(payload, "claude", waits)
      stamp(join(at.home.spool, "new", name))
      if (waits !== undefined) await at.ingest(name)
    }
  }

  const blame: Stage["blame"] = async (file, { in: where = place, ...asked } = {}) => {
    const [blamed] = await at.run(Effect.zipRight(ingest(), Trace.blame([{ file, ...asked }])), where.cwd)
    check(blamed?.file === `${prefix}${file}`, `blame of ${file} is about ${blamed?.file}`)
    return blamed?.lines ?? []
  }
  const show: Stage["show"] = async (revision) => {
    const id = place.id(`${revision}^{commit}`)
    const [commit] = await at.run(Effect.zipRight(ingest(), Trace.attributedCommits([id])), place.cwd)
    if (commit?.commit !== id) throw new Error(`nothing is said of ${revision}`)
    return commit
  }
  /** What is really in the file, so that a mistake of a scenario is told from one of Nexus. */
  const real = (file: string, { of = "worktree", in: where = place }: Asked): string => {
    if (of === "worktree") return where.read(file)
    return `${where.git("show", `${of === "index" ? "" : of.revision}:./${file}`)}\n`
  }

  return {
    ...place,
    variant,
    world: at,
    failures,
    score,
    check,
    blame,
    show,
    agent: (options) =>
      startAgent(
        {
          cwd: place.cwd,
          transcripts: join(user, ".claude/projects"),
          reports: variant !== "linked worktree",
          deliver,
          files: () => filesOf(options.cwd ?? top)
        },
        options
      ),
    editorSaved: async (file) => {
      const path = join(place.cwd, file)
      const said = { editor: "vscode", editor_version: "1.106.0", extension_version: "1.0.0", repo_working_dir: top }
      await at.ingest(
        at.deliver(
          { type: "known_human", ...said, edited_filepaths: [path], dirty_files: { [path]: place.read(file) } },
          "record"
        )
      )
      if (at.rejected().length > 0) throw new Error("what the editor says was not recorded")
    },
    expect: async (file, lines, asked = {}) => {
      const title = `${file}${asked.of === undefined ? "" : ` of ${typeof asked.of === "string" ? asked.of : asked.of.revision}`}`
      if (asked.event === undefined) sameText(title, lines, linesOf(real(file, asked)))
      const found = await blame(file, asked)
      for (const [index, line] of lines.entries()) count(score, line, found[index])
      const difference = compare(title, lines, found, prefix)
      check(difference === undefined, difference ?? "")
      return found
    },
    expectIntroduced: async (revision, files) => {
      const commit = await show(revision)
      const introduced = new Map<string, ReadonlyArray<BlamedLine>>()
      for (const { path, ranges } of commit.files) {
        if (ranges.length === 0) continue
        const texts = linesOf(`${place.git("show", `${commit.commit}:${path}`)}\n`)
        const lines = ranges.flatMap(({ start, end, ...attribution }) =>
          texts.slice(start - 1, end).map((text) => ({ ...attribution, text }))
        )
        introduced.set(
          path,
          lines.map((line, index) => ({ ...line, line: index + 1, commit: commit.commit, author: commit.author }))
        )
      }
      for (const path of new Set([...introduced.keys(), ...Object.keys(files).map((file) => `${prefix}${file}`)])) {
        const lines = files[path.slice(prefix.length)] ?? []
        const difference = compare(`introduced by ${revision} in ${path}`, lines, introduced.get(path) ?? [], prefix)
        check(difference === undefined, difference ?? "")
      }
      return commit
    },
    elsewhere: (name, from = main) => {
      const folder = join(at.root, name)
      const home = at.folder(`${name}-user`)
      placeAt(at.root, at.root, home).git("clone", "--quiet", from, folder)
      return placeAt(folder, join(folder, inner), home, "Grace")
    },
    hub: () => {
      const hub = join(at.root, "hub.git")
      place.git("init", "--quiet", "--bare", "--initial-branch=main", hub)
      place.git("remote", "add", "origin", hub)
      place.git("push", "--quiet", "--set-upstream", "origin", "main")
      return hub
    },
    worktree: (branch) => {
      const folder = join(at.root, `tree-${branch}`)
      place.git("worktree", "add", "--quiet", "-b", branch, folder)
      return placeAt(folder, join(folder, inner), user)
    },
    [Symbol.asyncDispose]: async () => at[Symbol.dispose]()
  }
}

/** A scenario whose own idea of the file is wrong says nothing about attribution. */
const sameText = (title: string, lines: ReadonlyArray<Line>, texts: ReadonlyArray<string>): void => {
  const expected = lines.map(([text]) => text)
  if (expected.length === texts.length && expected.every((text, index) => text === texts[index])) return
  throw new Error(`the scenario is wrong about ${title}:\n${JSON.stringify(expected)}\n${JSON.stringify(texts)}`)
}

const filesOf = (top: string): ReadonlyMap<string, Buffer> => {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name"], {
    cwd: top,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1" }
  })
  const files = new Map<string, Buffer>()
  for (const name of new Set(listed.split("\0"))) {
    const path = join(top, name)
    if (name !== "" && existsSync(path) && lstatSync(path).isFile()) files.set(path, readFileSync(path))
  }
  return files
}
