/** The gate `commits` on real commits. */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { repository } from "../world.ts"
import { workplace, type Workplace } from "./judged.ts"

let at: Workplace
let base = ""
beforeEach(() => {
  at = workplace()
  base = at.head()
})
afterEach(() => at[Symbol.dispose]())

const judge = () => at.judge("commits", { base })
const found = async () => (await judge()).lines

describe("messages", () => {
  it("a commit `wip` fails with its id and the rule, and passes once it is reworded", async () => {
    const commit = at.commit("wip", { a: "1" })
    const failed = await judge()
    expect(failed.verdict).toBe("failed")
    expect(failed.lines).toEqual([
      `${commit.slice(0, 7)}  wip  is work in progress "wip"`,
      `${commit.slice(0, 7)}  subject-empty  subject may not be empty "wip"`,
      `${commit.slice(0, 7)}  type-empty  type may not be empty "wip"`
    ])
    expect(failed.sum).toBe("3 found.")
    at.git("commit", "--quiet", "--amend", "--message", "feat: a file")
    expect(await judge()).toMatchObject({ verdict: "passed", lines: [], sum: "Nothing found." })
  })

  it("hooks that were not run change nothing about it", async () => {
    const commit = at.commit("fixed it", { a: "1" }, "--no-verify")
    expect(await found()).toContain(`${commit.slice(0, 7)}  type-empty  type may not be empty "fixed it"`)
  })

  it("what is to be squashed, or unfinished, is named; what only sounds like it is not", async () => {
    for (const message of ["fixup! feat: a", "squash! feat: a", "feat: wip", "[WIP] parser", "WIP: parser"])
      at.commit(message)
    const rules = (await found()).map((line) => line.split("  ")[1])
    const counted = rules.filter((rule) => rule === "fixup" || rule === "wip").sort()
    expect(counted).toEqual(["fixup", "fixup", "wip", "wip", "wip"])
    at.git("reset", "--quiet", "--hard", base)
    for (const message of ["fix: wip limits are kept", "feat(api)!: a break", "docs: x\n\nwip of others"])
      at.commit(message)
    expect(await found()).toEqual([])
  })

  it("merges and reverts as git writes them are fine", async () => {
    at.git("checkout", "--quiet", "-b", "side")
    at.commit("feat: side", { side: "1" })
    at.git("checkout", "--quiet", "main")
    at.commit("feat: main", { main: "1" })
    at.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    at.git("revert", "--no-edit", "HEAD~1")
    expect(await judge()).toMatchObject({ verdict: "passed", lines: [] })
  })

  it("the project's own types and rules hold; a configuration that is code is not run", async () => {
    at.commit("deploy: it all", {
      ".commitlintrc.json": JSON.stringify({ extends: ["@commitlint/config-conventional"] })
    })
    expect(await found()).toEqual([expect.stringContaining("type-enum")])
    at.commit("deploy: more", {
      ".commitlintrc.json": "",
      ".commitlintrc.yaml":
        "rules:\n  type-enum: [2, always, [deploy]]\n  body-empty: [2, never]\n  no-such-rule: [2, always]\n"
    })
    rmSync(join(at.project, ".commitlintrc.json"))
    at.commit("feat: x\n\nbody")
    const lines = await found()
    expect(lines.map((line) => line.split("  ")[1])).toEqual(["type-enum", "body-empty", "body-empty"])
    rmSync(join(at.project, ".commitlintrc.yaml"))
    at.git("reset", "--quiet", "--hard", base)
    const mark = join(at.root, "mark")
    at.commit("odd: type", {
      "commitlint.config.cjs": `require("fs").writeFileSync(${JSON.stringify(mark)}, ""); module.exports = {}`
    })
    expect(await judge()).toMatchObject({
      verdict: "passed",
      lines: ["commitlint.config.cjs is code, which is not run: only the form of headers is judged."]
    })
    expect(() => rmSync(mark)).toThrow("ENOENT")
    at.configure({ commits: { types: ["feat"] } })
    expect(await found()).toContainEqual(expect.stringContaining("type must be one of [feat]"))
  })

  it("nothing conventional is asked for where nothing was, unless it is configured", async () => {
    for (let count = 0; count < 12; count++) at.commit(`Change number ${count}`)
    base = at.head()
    at.commit("Change one more thing")
    expect(await judge()).toMatchObject({ verdict: "passed" })
    at.commit("wip")
    expect(await found()).toContainEqual(expect.stringContaining('wip  is work in progress "wip"'))
    at.configure({ commits: { conventional: true } })
    expect(await found()).toContainEqual(expect.stringContaining("type-empty"))
  })
})

describe("what was there before", () => {
  it("is blamed on nobody: older commits, what was fetched, what was merged from beside the base", async () => {
    at.commit("no type at all")
    at.git("checkout", "--quiet", "-b", "old")
    at.commit("wip on another branch")
    at.git("checkout", "--quiet", "main")
    base = at.commit("feat: before")
    const others = repository(join(at.root, "others"), "work of others")
    at.git("remote", "add", "origin", others)
    at.git("fetch", "--quiet", "origin")
    at.git("merge", "--quiet", "--no-edit", "--allow-unrelated-histories", "origin/main")
    at.git("merge", "--quiet", "--no-edit", "old")
    at.commit("feat: mine")
    expect(await judge()).toMatchObject({ verdict: "passed", lines: [] })
  })

  it("what was pushed stays the work's own", async () => {
    const remote = join(at.root, "remote.git")
    at.git("init", "--quiet", "--bare", remote)
    at.git("remote", "add", "origin", remote)
    at.git("push", "--quiet", "--set-upstream", "origin", "main")
    at.commit("wip")
    expect((await at.judge("commits")).verdict).toBe("failed")
    at.git("push", "--quiet")
    expect((await judge()).verdict).toBe("failed")
  })

  it("no base is needed: the upstream or main tells it, and without either only the tree is judged", async () => {
    at.commit("no type at all")
    expect(await at.judge("commits")).toMatchObject({
      verdict: "passed",
      lines: ["No commit is known that the work began at: only what is not committed was judged."]
    })
    at.git("checkout", "--quiet", "-b", "work")
    at.commit("wip")
    const { verdict, lines } = await at.judge("commits")
    expect(verdict).toBe("failed")
    expect(lines.every((line) => line.includes('"wip"'))).toBe(true)
    await expect(at.judge("commits", { base: "no-such" })).rejects.toThrow("no-such")
  })

  it("what was not committed then is asked about only when it is different now", async () => {
    at.put("notes.txt", "of a person")
    at.put("draft.txt", "of a person")
    const uncommitted = await at.uncommitted()
    at.put("draft.txt", "of an agent")
    expect((await at.judge("commits", { base, uncommitted })).lines).toEqual([
      "draft.txt  stray-file  is not committed, and git does not ignore it"
    ])
  })
})

describe("files", () => {
  it("large ones are named, and are in the history even when they are gone", async () => {
    at.configure({ commits: { maxFileSize: 1000 } })
    at.commit("feat: data", { "data.csv": "1,2\n".repeat(300), "small.csv": "1\n" })
    rmSync(join(at.project, "data.csv"))
    at.commit("feat: no data")
    expect(await found()).toEqual([
      expect.stringMatching(/^[0-9a-f]{7} {2}large-file {2}data\.csv has 2 KiB, more than 1 KiB "feat: data"$/)
    ])
    base = at.commit("feat: again", { "data.csv": "1,2\n".repeat(300) })
    at.commit("feat: longer", { "data.csv": "1,2\n".repeat(301) })
    expect(await found()).toEqual([])
  })

  it("new binary ones are named, unless the project has such files, or says so", async () => {
    const binary = Buffer.from([0, 1, 2, 0, 255])
    base = at.commit("feat: logo", { "logo.png": binary })
    at.commit("feat: more", { "tool.bin": binary, "other.png": binary, "text.txt": "text" })
    expect(await found()).toEqual([expect.stringContaining("binary-file  tool.bin is a new binary file")])
    at.configure({ commits: { allowBinary: ["*.bin"] } })
    expect(await found()).toEqual([])
    at.configure({})
    at.commit("chore: attributes", { ".gitattributes": "*.bin binary\n" })
    expect(await found()).toEqual([])
  })

  it("marks of conflicts in added lines are named, headings and marks of old are not", async () => {
    const old = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"
    base = at.commit("feat: old", { "old.md": old })
    at.commit("feat: new", { "new.txt": `1\n${old}`, "old.md": `${old}\nHeading\n=======\n` })
    expect(await found()).toEqual([2, 4, 6].map((line) => `new.txt:${line}  conflict-marker  is left from a conflict`))
  })

  it("what is not committed is named: stray, modified, deleted, in conflict", async () => {
    base = at.commit("feat: files", { a: "1\n", b: "1\n", c: "1\n" })
    at.git("checkout", "--quiet", "-b", "side")
    at.commit("feat: side", { a: "2\n" })
    at.git("checkout", "--quiet", "main")
    at.commit("feat: main", { a: "3\n" })
    expect(() => at.git("merge", "--quiet", "side")).toThrow("Command failed")
    at.put("b", "2\n")
    at.put("notes/stray file.txt", "x")
    at.put(".gitignore", "build/\n")
    at.put("build/out", "x")
    rmSync(join(at.project, "c"))
    expect((await found()).filter((line) => !line.includes("conflict-marker")).sort()).toEqual([
      ".  unfinished  a merge was begun and not ended: git merge --continue",
      ".gitignore  stray-file  is not committed, and git does not ignore it",
      "a  unmerged  has a conflict that is not resolved",
      "b  uncommitted  is modified and not committed",
      "c  uncommitted  is deleted and not committed",
      "notes/stray file.txt  stray-file  is not committed, and git does not ignore it"
    ])
  })

  it("Nexus' own files are no strays", async () => {
    at.configure({})
    at.put(".claude/settings.local.json", "{}")
    expect(await found()).toEqual([])
  })
})

describe("verdicts", () => {
  it("are known while neither files, HEAD nor base is different", async () => {
    at.commit("feat: a", { a: "1" })
    expect((await judge()).isKnown).toBe(false)
    expect((await judge()).isKnown).toBe(true)
    at.git("commit", "--quiet", "--amend", "--message", "feat: b")
    expect((await judge()).isKnown).toBe(false)
    expect((await at.judge("commits", { base: "HEAD" })).isKnown).toBe(false)
    expect((await judge()).isKnown).toBe(true)
  })

  it("a repository without a commit is judged by what is in its folder", async () => {
    at.git("checkout", "--quiet", "--orphan", "empty")
    at.put("a", "1")
    expect(await at.judge("commits")).toMatchObject({
      verdict: "failed",
      lines: [expect.stringContaining("a  stray-file"), expect.stringContaining("No commit is known")]
    })
  })

  it("of a long history the newest commits are judged", async () => {
    const commits = Array.from({ length: 520 }, (_, count) =>
      [
        "commit refs/heads/main",
        `committer a <a@localhost> ${1_800_000_000 + count} +0000`,
        "data 7\nfeat: a",
        ...(count === 0 ? [`from ${base}`] : []),
        `M 100644 inline f${count}\ndata 1\n${count % 10}\n`
      ].join("\n")
    )
    execFileSync("git", ["fast-import", "--quiet"], { cwd: at.project, input: commits.join("\n") })
    at.git("reset", "--quiet", "--hard")
    expect(await judge()).toMatchObject({
      verdict: "passed",
      lines: ["Only the newest 500 commits were judged."]
    })
  })
})
