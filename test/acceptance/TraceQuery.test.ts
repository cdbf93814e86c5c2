/** `nexus trace query` and `nexus trace stats`, as people and programs use them. */
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fixture, json, lines, newWorld, put, type World } from "../support/cli.ts"

let world: World
let project: string

/** A repository in which an agent wrote two lines and a person a third. */
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  json(await world.nexus(["init", "--json"], { cwd: project }))
  const path = join(project, "src/hello.txt")
  const written = { file_path: path, content: "one\ntwo\n" }
  const payloads = [
    fixture("claude/SessionStart.startup", { cwd: project, model: "claude-opus-4-5" }),
    fixture("claude/PostToolUse.Write", {
      cwd: project,
      tool_input: written,
      tool_response: {
        type: "create",
        filePath: path,
        content: written.content,
        structuredPatch: [],
        originalFile: null
      }
    })
  ]
  put(path, written.content)
  for (const payload of payloads)
    await world.nexus(["hook", "claude"], { stdin: JSON.stringify(payload), cwd: project })
  put(path, "one\ntwo\nthree\n")
  world.git(project, "add", "src")
  world.git(project, "commit", "--quiet", "--message", "Count")
})
afterAll(() => world[Symbol.dispose]())

const query = (...args: ReadonlyArray<string>) => world.nexus(["trace", "query", ...args], { cwd: project })

describe("nexus trace query", () => {
  it("prints what it finds as JSON, and nothing found as an empty list", async () => {
    const found = json(
      await query('model ~ "claude-*" and path ~ "src/**" and since 7d and not touched_by human', "--json")
    )
    expect(found.items).toMatchObject([
      {
        file: "src/hello.txt",
        start: 1,
        end: 2,
        lines: 2,
        contributor: { type: "ai", model_id: "anthropic/claude-opus-4-5" },
        session: "claude:601ddb06-e0d1-41d4-b9e3-8ba590488fcb",
        evidence: "direct",
        tool: "Write"
      }
    ])
    expect(json(await query("model ~ gpt-*", "--json"))).toEqual({ items: [] })
  })

  it("prints a range a line for people, and how many lines there are", async () => {
    const ran = await query("path ~ hello.*", "--rev", "HEAD")
    expect(ran).toMatchObject({ exit: 0, stderr: "" })
    const [heading, ...rest] = lines(ran.stdout)
    expect(heading).toMatch(/^lines +by +session +event +evidence +time$/)
    expect(rest).toEqual([
      expect.stringMatching(/^src\/hello\.txt:1-2 +anthropic\/claude-opus-4-5 +claude:601ddb06 +\d+ +direct +\d{4}-/),
      expect.stringMatching(/^src\/hello\.txt:3 +human +– +– +replayed +\d{4}-/),
      "3 lines in 1 file: 2 ai, 1 human"
    ])
    expect(lines((await query("path ~ hello.*", "--rev", "HEAD", "--limit", "1")).stdout).slice(-2)).toEqual([
      "… and 1 more range",
      "3 lines in 1 file: 2 ai, 1 human"
    ])
    expect((await query("model ~ gpt-*")).stdout).toBe("No record of a line with model ~ gpt-* and not deleted.\n")
  })

  it("takes an expression in several words, with options before and behind it", async () => {
    const found = json(
      await query("--contributor", "human", "lines", "=", "1", "--rev", "HEAD", "--file", "src", "--json")
    )
    expect(found.items).toMatchObject([{ file: "src/hello.txt", start: 3, contributor: { type: "human" } }])
  })

  it("points at what is wrong with an expression", async () => {
    const wrong = 'since 7d and modle ~ "claude-*"'
    expect(await query(wrong)).toEqual({
      exit: 2,
      stdout: "",
      stderr: `nexus: column 14: there is no field "modle". Did you mean model?\n  ${wrong}\n${" ".repeat(15)}^\n`
    })
    const ran = await query("moved\nand\tcopied or", "--json")
    expect(ran).toMatchObject({ exit: 2, stdout: "" })
    expect(JSON.parse(ran.stderr)).toEqual({
      error: {
        code: "query_wrong",
        message: "column 20: here comes a condition, not the end.",
        hint: "",
        column: 20
      }
    })
    expect((await query("moved\nand\tcopied or")).stderr).toContain(`\n  moved and copied or\n${" ".repeat(21)}^\n`)
    expect((await query("contributor = robot")).stderr).toContain("Known are: ai, human, mixed, unknown.")
  })

  it.each([
    [["--limit", "-1"], 2, "--limit"],
    [["--since", "lately"], 2, '"lately"'],
    [["--contributor", "robot"], 2, "ai, human, mixed, unknown"],
    [["--min-evidence", "rumour"], 2, "recovered"],
    [["--session", "nobody"], 3, "nexus sessions"],
    [["--rev", "nowhere"], 3, '"nowhere"']
  ] as const)("says what is wrong with %j", async (args, exit, said) => {
    const ran = await query(...args)
    expect(ran).toMatchObject({ exit, stdout: "" })
    expect(ran.stderr).toMatch(/^nexus: [^\n]+\n$/)
    expect(ran.stderr).toContain(said)
  })
})

describe("nexus trace stats", () => {
  it("counts lines by contributor, with a total", async () => {
    const args = ["trace", "stats", "--range", "HEAD~1..HEAD"]
    const ran = await world.nexus(args, { cwd: project })
    expect(lines(ran.stdout)).toEqual([
      expect.stringMatching(/^model +ai +mixed +human +unknown +lines +AI share$/),
      expect.stringMatching(/^anthropic\/claude-opus-4-5 +2 +0 +0 +0 +2 +100\.0 %$/),
      expect.stringMatching(/^– +0 +0 +1 +0 +1 +0\.0 %$/),
      expect.stringMatching(/^total +2 +0 +1 +0 +3 +66\.7 %$/)
    ])
    expect(json(await world.nexus([...args, "--by", "directory", "--json"], { cwd: project }))).toEqual({
      by: "directory",
      items: [{ key: "src", ai: 2, human: 1, mixed: 0, unknown: 0, lines: 3, share: 2 / 3 }],
      total: { ai: 2, human: 1, mixed: 0, unknown: 0, lines: 3, share: 2 / 3 }
    })
  })
})
