import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { editsOf } from "../../../../src/adapters/agents/claude/Edits.ts"
import type { Edit, JsonObject } from "../../../../src/app/ports/Agent.ts"
import { scratch } from "../../../support/log.ts"
import { demo, fixtures, recorded, session, shape } from "./payloads.ts"

const root = "/home/dev/project"

/** The only edit in a payload, with its contents as text. */
const only = (payload: JsonObject, live = false) => {
  const edits = editsOf(payload, live)
  expect(edits).toHaveLength(1)
  const { before, after, ...rest } = edits[0] as Edit
  const text = (content: Buffer | null | undefined) => (Buffer.isBuffer(content) ? content.toString("utf8") : content)
  return { ...rest, before: text(before), after: text(after) }
}

const tool = (name: string, input: JsonObject, response: JsonObject): JsonObject => ({
  hook_event_name: "PostToolUse",
  cwd: root,
  tool_name: name,
  tool_use_id: "toolu_1",
  tool_input: input,
  tool_response: response
})

const edit = (before: string | null, old: string, fresh: string, more: JsonObject = {}): JsonObject =>
  tool(
    "Edit",
    { file_path: "/f", old_string: old, new_string: fresh, replace_all: more["replaceAll"] ?? false },
    {
      filePath: "/f",
      oldString: old,
      newString: fresh,
      originalFile: before,
      structuredPatch: [],
      replaceAll: false,
      ...more
    }
  )

const write = (response: JsonObject) =>
  only(tool("Write", { file_path: "/f", content: "new" }, { filePath: "/f", content: "new", ...response }))

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

describe("the edits of the recorded session", () => {
  it("lead from the files before it to the files after it, each from the content that the one before left", () => {
    const [start, end] = [join(demo, "project"), join(fixtures, "claude/repo-after")]
    const files = new Map<string, Buffer>(filesIn(start).map((path) => [path, readFileSync(join(start, path))]))
    // A shell command's edit has its contents only where the disk was looked at; the next edit of the file shows the rest.
    const open = new Set<string>()
    for (const { path, before, after, operation } of session.flatMap((payload) => editsOf(payload, false))) {
      const name = relative(root, path)
      if (before !== undefined && !open.has(name)) expect(before).toEqual(files.get(name) ?? null)
      expect(operation).toBe(files.has(name) ? "modified" : "created")
      if (Buffer.isBuffer(after)) files.set(name, after)
      else open.add(name)
    }
    expect([...open]).toEqual(["src/greet.js"])
    expect([...files.keys()].sort()).toEqual(filesIn(end))
    for (const [name, content] of files) {
      if (!open.has(name)) expect(content.toString()).toBe(readFileSync(join(end, name), "utf8"))
    }
  })

  it("have both contents of the file that a shell command changed, when the disk is looked at then", () => {
    using folder = scratch()
    const file = join(folder.path, "greet.js")
    const after = readFileSync(join(fixtures, "claude/repo-after/src/greet.js"))
    writeFileSync(file, after)
    const written = session
      .flatMap((payload) => editsOf(payload, false))
      .find(({ path }) => path.endsWith("src/greet.js"))
    const shell = session.find((payload) => JSON.stringify(payload).includes("bashEditDiff"))
    const moved = JSON.parse(JSON.stringify(shell).replaceAll(`${root}/src/greet.js`, file)) as JsonObject
    const [found] = editsOf(moved, true)
    expect(found).toMatchObject({ operation: "modified", evidence: "disk", tool: "Bash" })
    expect(found?.after).toEqual(after)
    expect(found?.before).toEqual(written?.after)
  })
})

describe("Write", () => {
  it("of a new file created it", () =>
    expect(write({ type: "create", originalFile: null, structuredPatch: [] })).toMatchObject({
      path: "/f",
      operation: "created",
      before: null,
      after: "new",
      evidence: "payload",
      call: "toolu_1"
    }))

  it("of a file that was there has both contents", () => {
    expect(only(shape("PostToolUse.Write.update"))).toMatchObject({
      operation: "modified",
      before: "ONE\nTWO\nthree\nTWO\n",
      after: "fresh\ncontent\n"
    })
    expect(only(shape("PostToolUse.Write.update-unread"))).toMatchObject({
      before: "old\n",
      after: "unread overwrite\n"
    })
    expect(write({ type: "update", originalFile: "" })).toMatchObject({
      operation: "modified",
      before: "",
      after: "new"
    })
  })

  it("of a file whose old content the client left out did not create it, and does not know what it was", () =>
    expect(write({ type: "update", originalFile: null, structuredPatch: [] })).toMatchObject({
      operation: "modified",
      before: undefined,
      after: "new"
    }))
})

describe("Edit", () => {
  it("has both contents, once and for all occurrences", () => {
    expect(only(shape("PostToolUse.Edit"))).toMatchObject({
      before: "one\ntwo\nthree\ntwo\n",
      after: "ONE\ntwo\nthree\ntwo\n"
    })
    expect(only(shape("PostToolUse.Edit.replace_all"))).toMatchObject({ after: "ONE\nTWO\nthree\nTWO\n" })
    expect(only(edit("a b a", "a", "x"))).toMatchObject({ after: expect.stringMatching(/^x b a$/) })
    expect(only(edit("a b a", "a", "x", { replaceAll: true }))).toMatchObject({ after: "x b x" })
  })

  it("puts in what it says, letter for letter, also where a replacement pattern would mean something else", () => {
    for (const fresh of ["$&", "$1", "$$", "$`", "$'", "$<a>", "\\1"]) {
      expect(only(edit("a-b", "a", fresh)).after).toBe(`${fresh}-b`)
      expect(only(edit("a-a", "a", fresh, { replaceAll: true })).after).toBe(`${fresh}-${fresh}`)
    }
    expect(only(edit("f(x).*", ".*", "y")).after).toBe("f(x)y")
  })

  it("of a file that was not there creates it", () =>
    expect(only(edit(null, "", "hello\n"))).toMatchObject({ operation: "created", before: null, after: "hello\n" }))

  it("of an empty file fills it", () =>
    expect(only(edit("", "", "hello\n"))).toMatchObject({ operation: "modified", before: "", after: "hello\n" }))

  it("says that a person changed the proposal", () => {
    expect(only(edit("a", "a", "b", { userModified: true })).userModified).toBe(true)
    expect(only(edit("a", "a", "b", { userModified: false }))).not.toHaveProperty("userModified")
  })

  it("that cannot be followed has no content after it", () => {
    for (const [before, old] of [
      ["abc", "x"],
      ["abc", ""]
    ] as const)
      expect(only(edit(before, old, "y"))).toMatchObject({ operation: "modified", before, after: undefined })
  })

  it("that takes a line's text out has the content that its patch says, whether the line end went along or not", () => {
    const patch = (lines: ReadonlyArray<string>, newLines: number) => ({
      structuredPatch: [{ oldStart: 1, oldLines: 3, newStart: 1, newLines, lines }]
    })
    const gone = edit("one\ntwo\nthree\n", "two", "", patch([" one", "-two", " three"], 2))
    expect([undefined, "one\nthree\n"]).toContain(only(gone).after)
    const emptied = edit("one\ntwo\nthree\n", "two", "", patch([" one", "-two", "+", " three"], 3))
    expect([undefined, "one\n\nthree\n"]).toContain(only(emptied).after)
  })
})

describe("MultiEdit", () => {
  const multi = (...edits: ReadonlyArray<JsonObject>) =>
    only(tool("MultiEdit", { file_path: "/f", edits }, { filePath: "/f", originalFile: "a b c", structuredPatch: [] }))

  it("has the content after all its edits, in their order", () =>
    expect(
      multi({ old_string: "a", new_string: "b" }, { old_string: "b", new_string: "x", replace_all: true }).after
    ).toBe("x x c"))

  it("has none when one of them does not apply", () =>
    expect(multi({ old_string: "a", new_string: "b" }, { old_string: "zz", new_string: "x" }).after).toBeUndefined())
})

describe("NotebookEdit", () => {
  it("has both contents of the whole notebook", () => {
    const found = only(shape("PostToolUse.NotebookEdit"))
    const response = shape("PostToolUse.NotebookEdit")["tool_response"] as JsonObject
    expect(found).toMatchObject({
      path: `${root}/nb.ipynb`,
      operation: "modified",
      evidence: "payload",
      tool: "NotebookEdit"
    })
    expect(found.before).toBe(response["original_file"])
    expect(found.after).toBe(response["updated_file"])
  })
})

describe("what was not written, or is not known", () => {
  it("is no edit when the client only staged it", () => {
    for (const name of ["PostToolUse.Edit", "PostToolUse.Write.update"]) {
      const one = shape(name)
      expect(
        editsOf({ ...one, tool_response: { ...(one["tool_response"] as JsonObject), staged: true } }, false)
      ).toEqual([])
    }
  })

  it("is no edit before a tool ran, when it failed, or when it only read", () => {
    const others = recorded.filter(
      ([name]) => !/PostToolUse\.(Edit|Write|NotebookEdit|Bash)|session\/\d+\.PostToolUse/.test(name)
    )
    expect(others.length).toBeGreaterThan(50)
    for (const [, payload] of others) expect(editsOf(payload, true)).toEqual([])
  })

  it("is open where the text of the payload cannot be the bytes of the file", () => {
    // Bytes that are no UTF-8 become U+FFFD in a payload; a lone surrogate is no text at all.
    for (const text of ["caf\ufffd\n", "half \ud83d\n"]) {
      expect(only(edit(`${text}one\n`, "one", "two"))).toMatchObject({ before: undefined, after: undefined })
      expect(write({ type: "update", originalFile: text })).toMatchObject({ operation: "modified", before: undefined })
    }
  })
})

/** A recorded shell payload with its folder moved to where the files really are. */
const moved = (name: string, to: string) => JSON.parse(JSON.stringify(shape(name)).replaceAll(root, to)) as JsonObject

describe("a shell command", () => {
  it("that made a file: its content is what is on disk", () => {
    using folder = scratch()
    writeFileSync(join(folder.path, "new.txt"), "n1\nn2\n")
    expect(only(moved("PostToolUse.Bash.create", folder.path), true)).toMatchObject({
      path: join(folder.path, "new.txt"),
      operation: "created",
      before: null,
      after: "n1\nn2\n",
      evidence: "disk"
    })
    expect(only(shape("PostToolUse.Bash.create"), false)).toMatchObject({
      before: null,
      after: undefined,
      evidence: "diff"
    })
  })

  it("that changed a file: the content before is that after without the diff", () => {
    using folder = scratch()
    const file = join(folder.path, "a.txt")
    writeFileSync(file, "FRESH\ncontent\n")
    const payload = moved("PostToolUse.Bash.edit", folder.path)
    expect(only(payload, true)).toMatchObject({
      operation: "modified",
      before: "fresh\ncontent\n",
      after: "FRESH\ncontent\n"
    })
    writeFileSync(file, "changed\nsince\n")
    expect(only(payload, true)).toMatchObject({ operation: "modified", before: undefined, after: "changed\nsince\n" })
  })

  it("that changed a file without a line end at its end: the content before is right or open", () => {
    using folder = scratch()
    writeFileSync(join(folder.path, "a.txt"), "FRESH\ncontent")
    expect([undefined, "fresh\ncontent"]).toContain(only(moved("PostToolUse.Bash.edit", folder.path), true).before)
  })

  it("that changed a file which is no UTF-8: the content before is open, that after is exact", () => {
    using folder = scratch()
    const bytes = Buffer.concat([Buffer.from("FRESH\ncontent\n"), Buffer.from([0xe9, 0xff])])
    writeFileSync(join(folder.path, "a.txt"), bytes)
    const [found] = editsOf(moved("PostToolUse.Bash.edit", folder.path), true)
    expect(found?.before).toBeUndefined()
    expect(found?.after).toEqual(bytes)
  })

  it("that deleted a file: it is gone, whatever is there by now", () => {
    using folder = scratch()
    for (const live of [true, false])
      expect(only(moved("PostToolUse.Bash.delete", folder.path), live)).toMatchObject({
        path: join(folder.path, "c.txt"),
        operation: "deleted",
        before: undefined,
        after: null
      })
  })

  it.each([
    ["rename", "b.txt", "d.txt", "unread overwrite\n"],
    ["git-mv", "a.txt", "moved.txt", "FRESH\ncontent\n"]
  ])("that renamed a file (%s): one is gone, one was made", (name, from, to, content) => {
    using folder = scratch()
    writeFileSync(join(folder.path, to), content)
    const edits = editsOf(moved(`PostToolUse.Bash.${name}`, folder.path), true)
    expect(
      edits.map(({ path, operation, before, after }) => [relative(folder.path, path), operation, before, after])
    ).toEqual([
      [from, "deleted", undefined, null],
      [to, "created", null, Buffer.from(content)]
    ])
  })

  it("that changed thirty files: each is named, with its content, though the client sent only five diffs", () => {
    using folder = scratch()
    const payload = JSON.parse(
      JSON.stringify(shape("PostToolUse.Bash.thirty-files")).replaceAll(`${root}/sub`, folder.path)
    )
    for (let number = 1; number <= 30; number++) writeFileSync(join(folder.path, `f${number}.txt`), `${number}\n`)
    const edits = editsOf(payload as JsonObject, true)
    expect(edits.map(({ path }) => relative(folder.path, path)).sort()).toEqual(filesIn(folder.path))
    for (const { path, after, before } of edits) {
      expect(after).toEqual(readFileSync(path))
      expect([null, undefined]).toContain(before)
    }
    expect(edits.filter(({ before }) => before === null)).toHaveLength(5)
    expect(new Set(editsOf(payload as JsonObject, false).map(({ after }) => after))).toEqual(new Set([undefined]))
  })

  it("that wrote binary bytes: they are exact, and what was before is open", () => {
    using folder = scratch()
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) & 0xff))
    writeFileSync(join(folder.path, "bin.dat"), bytes)
    const [found] = editsOf(moved("PostToolUse.Bash.binary", folder.path), true)
    expect(found).toMatchObject({ before: undefined, evidence: "disk" })
    expect(found?.after).toEqual(bytes)
  })

  it("whose file is gone again by the time of the hook: it is gone", () => {
    using folder = scratch()
    expect(only(moved("PostToolUse.Bash.edit", folder.path), true)).toMatchObject({ operation: "deleted", after: null })
  })

  it("that changed a folder, a very large file or one that cannot be read: it is named, without its content", () => {
    using folder = scratch()
    const response = (path: string): JsonObject => ({ bashEditDiff: { files: [], moreFiles: 1, changedFiles: [path] } })
    const large = join(folder.path, "large")
    writeFileSync(large, Buffer.alloc(8 * 1024 * 1024 + 1))
    expect(statSync(large).size).toBeGreaterThan(8 * 1024 * 1024)
    for (const path of [folder.path, large, join(large, "below a file"), `/${"x".repeat(5000)}`])
      expect(only(tool("Bash", {}, response(path)), true).after ?? undefined).toBeUndefined()
  })

  it("whose diff is none: the file is named, with its content, and what was before is open", () => {
    using folder = scratch()
    const file = join(folder.path, "a.txt")
    writeFileSync(file, "FRESH\ncontent\n")
    const good = { oldStart: 1, oldLines: 2, newStart: 1, newLines: 2, lines: ["-fresh", "+FRESH", " content"] }
    const wrong: ReadonlyArray<JsonObject> = [
      {},
      { lines: [] },
      { ...good, lines: null },
      { ...good, lines: {} },
      { ...good, lines: [7, null, {}] },
      { ...good, lines: ["?fresh"] },
      { ...good, newStart: -1 },
      { ...good, newStart: "1", newLines: [] },
      { ...good, newLines: 1e308 }
    ]
    for (const hunk of wrong) {
      const files = [{ filePath: file, hunks: [hunk] }]
      const found = only(tool("Bash", {}, { bashEditDiff: { files, moreFiles: 0, changedFiles: [file] } }), true)
      expect(found.after).toBe("FRESH\ncontent\n")
      expect([undefined, "fresh\ncontent\n"]).toContain(found.before)
    }
  })

  it("that names files relative to its folder: they are found there", () => {
    using folder = scratch()
    writeFileSync(join(folder.path, "here"), "x")
    const response = { bashEditDiff: { files: [], moreFiles: 1, changedFiles: ["here"] } }
    const payload = { ...tool("Bash", {}, response), cwd: folder.path }
    expect(only(payload, true)).toMatchObject({ after: "x" })
  })

  it("that touched more files than anybody reads: five hundred are named", () => {
    const changedFiles = Array.from({ length: 2000 }, (_, index) => `/none/${index}`)
    expect(
      editsOf(tool("Bash", {}, { bashEditDiff: { files: [], moreFiles: 2000, changedFiles } }), true)
    ).toHaveLength(500)
  })

  it("without a report of changes: no edits", () => {
    for (const name of ["PostToolUse.Bash.cd", "PostToolUse.Bash.commit", "PostToolUse.Bash.background"])
      expect(editsOf(shape(name), true)).toEqual([])
  })
})

describe("an edit of a subagent", () => {
  it("names it, whatever tool it used", () => {
    const acted = { agent_id: "aba16a9a3bf49f439", agent_type: "general-purpose" }
    const report = { files: [], moreFiles: 0, changedFiles: ["/none/a"] }
    for (const one of [
      edit("a", "a", "b"),
      shape("PostToolUse.NotebookEdit"),
      tool("Bash", {}, { bashEditDiff: report })
    ])
      expect(only({ ...one, ...acted })).toMatchObject({ subagent: acted.agent_id })
    expect(only({ ...edit("a", "a", "b"), agent_id: "" })).not.toHaveProperty("subagent")
  })
})

describe("the tools of other shells and of servers", () => {
  it("PowerShell tells what it changed as Bash does", () => {
    using folder = scratch()
    writeFileSync(join(folder.path, "new.txt"), "x\n")
    const report = { files: [], moreFiles: 0, changedFiles: [join(folder.path, "new.txt")] }
    expect(only(tool("PowerShell", { command: "x" }, { bashEditDiff: report }), true)).toMatchObject({
      tool: "PowerShell",
      after: "x\n",
      evidence: "disk"
    })
  })

  it("a server's tool tells of no files, whatever its input is called", () =>
    expect(
      editsOf(tool("mcp__files__write", { file_path: "/f", content: "x" }, { filePath: "/f", content: "x" }), true)
    ).toEqual([]))
})
