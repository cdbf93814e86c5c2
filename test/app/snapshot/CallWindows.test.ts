import { chmodSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { git, world } from "../world.ts"
import { checkoutWith, editsIn, openCallFiles, shell } from "./bash.ts"

const writesOf = async (at: ReturnType<typeof world>) =>
  (await at.events()).flatMap((event) =>
    event.type === "ToolCompleted" || event.type === "ToolFailed" ? [event.payload.writes ?? "blind"] : []
  )

describe("a shell command's own writes", () => {
  it("are edits with both contents, named by the command", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n", "b.txt": "two\n", "gone.txt": "gone\n" })
    const { run } = shell(at, checkout)
    await run("cat > new.txt <<'EOF'\nfresh\nEOF")
    await run("sed -i s/one/ONE/ a.txt && echo more >> b.txt && rm gone.txt")
    expect(await editsIn(at)).toEqual([
      String.raw`created new.txt named - "fresh\n"`,
      String.raw`modified a.txt named "one\n" "ONE\n"`,
      String.raw`modified b.txt named "two\n" "two\nmore\n"`,
      String.raw`deleted gone.txt named "gone\n" -`
    ])
    expect(await writesOf(at)).toEqual(["compared", "compared"])
    expect(openCallFiles(at)).toEqual([])
  })

  it("know the content before of files that git does not have, and of those that differ from it", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    at.put("project/draft.txt", "draft\n")
    at.put("project/a.txt", "ONE\n")
    await shell(at, checkout).run("echo more >> a.txt; echo more >> draft.txt")
    expect(await editsIn(at)).toEqual([
      String.raw`modified a.txt named "ONE\n" "ONE\nmore\n"`,
      String.raw`modified draft.txt named "draft\n" "draft\nmore\n"`
    ])
  })

  it("come with the program's whole reach when the command may write anything", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    at.put("make.sh", `for i in $(seq 30); do echo $i > f$i.txt; done; echo two > a.txt`)
    await shell(at, checkout).run("bash ../make.sh")
    const edits = await editsIn(at)
    expect(edits).toHaveLength(31)
    expect(edits[0]).toBe(String.raw`modified a.txt window "one\n" "two\n"`)
    expect(edits[30]).toBe(String.raw`created f9.txt window - "9\n"`)
  })

  it("of a command that fails are its writes, too", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const call = await shell(at, checkout).run("echo two >> a.txt; exit 3")
    expect(await editsIn(at, call)).toEqual([String.raw`modified a.txt named "one\n" "one\ntwo\n"`])
    const events = await at.events()
    const edit = events.find(({ type }) => type === "FileEdited")
    expect(events.find(({ id }) => id === edit?.causation)?.type).toBe("ToolFailed")
    expect(await writesOf(at)).toEqual(["compared"])
  })

  it("do not include a file that was only touched, or that git ignores", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n", ".gitignore": "out/\n" })
    await shell(at, checkout).run('touch a.txt; mkdir out; python3 -c \'open("out/x","w").write("x")\'')
    expect(await editsIn(at)).toEqual([])
  })

  it("are told of binary files, links, odd names and other encodings byte for byte", async () => {
    using at = world()
    const latin = Buffer.from([0xe9, 0x0a])
    const checkout = checkoutWith(at, { "latin.txt": latin, "a.txt": "one\n" })
    const { run } = shell(at, checkout)
    await run(
      String.raw`printf 'b\0b' > bin.dat; ln -s a.txt link; printf x > $'two\nlines'; printf '\xe8\n' > latin.txt`
    )
    const edits = await at.ofType("FileEdited")
    expect(edits.map(({ payload: { path, after } }) => [path, after?.bytes])).toEqual([
      ["bin.dat", 3],
      ["latin.txt", 2],
      ["link", undefined],
      ["two\nlines", 1]
    ])
    expect(edits[1]?.payload.before?.oid).toBe(git(checkout, "rev-parse", "HEAD:latin.txt"))
  })

  it("are found from a folder below the top", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "sub/a.txt": "one\n" })
    await shell(at, checkout).run("echo two > a.txt; echo x > ../b.txt", { cwd: join(checkout, "sub") })
    expect(await editsIn(at)).toEqual([
      String.raw`created b.txt named - "x\n"`,
      String.raw`modified sub/a.txt named "one\n" "two\n"`
    ])
  })
})

describe("a file that a command moves", () => {
  it.each(["mv old.txt new.txt", "git mv old.txt new.txt", "bash ../move.sh"])("%s: is one edit", async (command) => {
    using at = world()
    const checkout = checkoutWith(at, { "old.txt": "text\n" })
    at.put("move.sh", "mv old.txt new.txt")
    await shell(at, checkout).run(command)
    const claim = command.startsWith("bash") ? "window" : "named"
    expect(await editsIn(at)).toEqual([String.raw`created new.txt from old.txt ${claim} "text\n" "text\n"`])
  })

  it("and changes on the way, keeps its origin", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "old.txt": "text\n", "keep.txt": "k\n" })
    await shell(at, checkout).run("mkdir d && mv old.txt d/ && sed -i s/text/TEXT/ d/old.txt && cp keep.txt copy.txt")
    expect(await editsIn(at)).toEqual([
      String.raw`created copy.txt from keep.txt named "k\n" "k\n"`,
      String.raw`created d/old.txt from old.txt named "text\n" "TEXT\n"`
    ])
  })
})

describe("a person who saves a file while a command runs", () => {
  it("keeps what the command cannot have written", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "mine.txt": "one\n", "its.txt": "one\n" })
    await shell(at, checkout).run("sed -i s/one/two/ its.txt", {
      meanwhile: () => writeFileSync(join(checkout, "mine.txt"), "typed\n"),
      response: { bashEditDiff: { files: [], changedFiles: [join(checkout, "its.txt"), join(checkout, "mine.txt")] } }
    })
    expect(await editsIn(at)).toEqual([String.raw`modified its.txt named "one\n" "two\n"`])
    const [seen] = await at.ofType("FileObserved")
    expect(seen?.payload).toMatchObject({ path: "mine.txt", by: "snapshot" })
    expect(await at.blob(seen?.payload.content?.blob)).toBe("typed\n")
  })

  it("is told from a command that may write anything only by what else is known", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "mine.txt": "one\n", "its.txt": "one\n" })
    at.put("make.sh", "echo two > its.txt")
    await shell(at, checkout).run("bash ../make.sh", {
      meanwhile: () => writeFileSync(join(checkout, "mine.txt"), "typed\n")
    })
    expect(await editsIn(at)).toEqual([
      String.raw`modified its.txt window "one\n" "two\n"`,
      String.raw`modified mine.txt window "one\n" "typed\n"`
    ])
  })
})

describe("what changed beside a command that may write anything", () => {
  const beside = async (command: string) => {
    using at = world()
    const checkout = checkoutWith(at, { "src/a.js": "one\n", "notes.md": "note\n" })
    at.put("project/make.mjs", `const folder = "src"`)
    await shell(at, checkout).run(command, {
      meanwhile: () => {
        at.put("project/src/a.js", "made\n")
        at.put("project/notes.md", "typed\n")
      }
    })
    return (await at.ofType("FileEdited")).map(({ payload: { path, claim } }) => `${path} ${claim}`)
  }

  it.each(["make src/a.js", "node make.mjs"])("%s: is in doubt, since it speaks of another folder", async (command) => {
    const claim = command.startsWith("make") ? "named" : "window"
    expect(await beside(command)).toEqual(["notes.md contested", `src/a.js ${claim}`])
  })

  it("is in doubt when the command only checks", async () => {
    expect(await beside("npm test")).toEqual(["notes.md contested", "src/a.js contested"])
  })

  it("is its work otherwise", async () => {
    expect(await beside("generate")).toEqual(["notes.md window", "src/a.js window"])
  })
})

describe("what git puts there", () => {
  it.each([
    ["git checkout --quiet other"],
    ["git merge --quiet other"],
    ["git reset --quiet --hard other"],
    ["bash ../git.sh"]
  ])("%s: is nobody's edit", async (command) => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n", "b.txt": "b\n" })
    git(checkout, "checkout", "--quiet", "-b", "other")
    at.put("project/a.txt", "other\n")
    at.put("project/c.txt", "c\n")
    git(checkout, "rm", "--quiet", "b.txt")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "other")
    git(checkout, "checkout", "--quiet", "main")
    at.put("git.sh", "git checkout --quiet other")
    await shell(at, checkout).run(`${command} && echo own > own.txt`)
    expect(await editsIn(at)).toEqual([String.raw`created own.txt named - "own\n"`])
  })

  it("is told from what the command wrote and committed", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    at.put("make.sh", "echo two > a.txt; git commit --quiet --all --message two")
    await shell(at, checkout).run("bash ../make.sh")
    expect(await editsIn(at)).toEqual([String.raw`modified a.txt window "one\n" "two\n"`])
  })

  it("from a stash is no edit", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    at.put("project/a.txt", "mine\n")
    const { run } = shell(at, checkout)
    await run("git stash --quiet; echo x > x.txt")
    await run("git stash pop --quiet; echo y > y.txt")
    expect(await editsIn(at)).toEqual([
      String.raw`created x.txt named - "x\n"`,
      String.raw`created y.txt named - "y\n"`
    ])
  })
})

describe("a command in the background", () => {
  it("is credited when the client says that it ended", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start, execute } = shell(at, checkout)
    const { call, end } = await start("sleep 1; echo bg > bg.txt")
    await end({ tool_response: { backgroundTaskId: "b1" } })
    execute("echo bg > bg.txt")
    expect(await editsIn(at)).toEqual([])
    const prompt = `<task-notification>\n<task-id>b1</task-id>\n<tool-use-id>${call}</tool-use-id>\n</task-notification>`
    await at.record({ session_id: "s-1", cwd: checkout, hook_event_name: "UserPromptSubmit", prompt_id: "p", prompt })
    expect(await editsIn(at, call)).toEqual([String.raw`created bg.txt named - "bg\n"`])
    expect(openCallFiles(at)).toEqual([])
    expect(await writesOf(at)).toEqual(["compared"])
  })

  it("is credited at the next hook that waits, and goes on", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start, execute, run, hook } = shell(at, checkout)
    const { call, end } = await start("node generate.js")
    await end({ tool_response: { backgroundTaskId: "b1" } })
    execute("echo 1 > g1.txt")
    const other = await run("echo own > own.txt")
    execute("echo 2 > g2.txt")
    await hook("Stop", { session_id: "s-1", cwd: checkout })
    execute("echo 3 > g3.txt")
    await hook("Stop", { session_id: "s-1", cwd: checkout })
    expect(await editsIn(at, call)).toEqual([
      String.raw`created g1.txt window - "1\n"`,
      String.raw`created g2.txt window - "2\n"`,
      String.raw`created g3.txt contested - "3\n"`
    ])
    expect(await editsIn(at, other)).toEqual([String.raw`created own.txt named - "own\n"`])
    await at.record({ session_id: "s-1", cwd: checkout, hook_event_name: "SessionEnd", reason: "other" })
    expect(openCallFiles(at)).toEqual([])
  })
})

describe("calls at the same time", () => {
  it("of one session: the one that names a file has it", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start, execute } = shell(at, checkout)
    const named = await start("echo x > a.txt")
    const open = await start("node generate.js", { subagent: "sub1" })
    execute("echo x > a.txt; echo y > b.txt")
    await open.end()
    await named.end()
    expect(await editsIn(at, named.call)).toEqual([String.raw`modified a.txt named "one\n" "x\n"`])
    expect(await editsIn(at, open.call)).toEqual([String.raw`created b.txt window - "y\n"`])
  })

  it("of two sessions that may both have written a file, neither has it", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start, execute } = shell(at, checkout)
    const first = await start("node one.js")
    const second = await start("node two.js", { session: "s-2" })
    execute("echo y > b.txt")
    await first.end()
    await second.end()
    expect(await editsIn(at, first.call)).toEqual([String.raw`created b.txt contested - "y\n"`])
    expect(await editsIn(at, second.call)).toEqual([])
  })

  it("leave to an edit tool what it wrote", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start } = shell(at, checkout)
    const open = await start("node generate.js")
    at.put("project/w.txt", "written\n")
    at.deliver({
      session_id: "s-1",
      cwd: checkout,
      hook_event_name: "PostToolUse",
      tool_name: "Write",
      tool_use_id: "toolu_w",
      tool_input: { file_path: join(checkout, "w.txt"), content: "written\n" },
      tool_response: { type: "create", filePath: join(checkout, "w.txt"), content: "written\n", originalFile: null }
    })
    await open.end()
    expect(await editsIn(at, open.call)).toEqual([])
    expect(await editsIn(at, "toolu_w")).toHaveLength(1)
  })
})

describe("looking", () => {
  it("is spared for commands that only read", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start } = shell(at, checkout)
    const { end } = await start("cat a.txt | grep one; git status")
    expect(openCallFiles(at)).toEqual([])
    await end()
    expect(await writesOf(at)).toEqual(["none"])
  })

  it("covers servers, of which no command is known", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    await shell(at, checkout).run("a.txt", {
      tool: "mcp__files__write",
      meanwhile: () => writeFileSync(join(checkout, "a.txt"), "two\n")
    })
    expect(await editsIn(at)).toEqual([String.raw`modified a.txt window "one\n" "two\n"`])
  })

  it("puts no secret on the disk, and still knows the exact content before", async () => {
    using at = world()
    const checkout = checkoutWith(at, {})
    const secret = `ghp_${"a1B2c3D4e5F6".repeat(3)}`
    at.put("project/.env", `TOKEN=${secret}\n`)
    const { start, execute } = shell(at, checkout)
    const { end } = await start("echo MORE=1 >> .env")
    execute("echo MORE=1 >> .env")
    const { readdirSync, readFileSync, statSync } = await import("node:fs")
    for (const name of readdirSync(at.home.calls)) {
      expect(readFileSync(join(at.home.calls, name)).includes(secret)).toBe(false)
      expect(statSync(join(at.home.calls, name)).mode & 0o777).toBe(0o600)
    }
    await end()
    const [edit] = await at.ofType("FileEdited")
    expect(edit?.payload.before?.bytes).toBe(`TOKEN=${secret}\n`.length)
    expect(edit?.payload.before?.redacted).toBeDefined()
  })

  it("that fails leaves the call as the client tells it, and the agent goes on", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start, execute } = shell(at, checkout)
    writeFileSync(join(checkout, ".git/index"), "broken")
    const { end } = await start("node generate.js")
    execute("echo two > a.txt")
    await end()
    expect(await writesOf(at)).toEqual(["blind"])
    expect(await editsIn(at)).toEqual([])
  })

  it("is left to the hook that waits for it, when another hook finds its call first", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const start = (call: string) =>
      at.deliver(
        {
          session_id: "s-1",
          cwd: checkout,
          hook_event_name: "PreToolUse",
          tool_name: "Bash",
          tool_use_id: call,
          tool_input: { command: "make" }
        },
        "claude",
        "waits"
      )
    const [first, second] = [start("first"), start("second")]
    await at.ingest(second)
    expect(at.waiting().map(({ name }) => name)).toEqual([first])
    await at.ingest(first)
    expect(at.waiting()).toEqual([])
    expect(openCallFiles(at).filter((name) => name.endsWith(".call"))).toHaveLength(2)
  })

  it("is left to the process whose hook waits for it, when any other command finds it first", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const own = at.deliver(
      {
        session_id: "s-1",
        cwd: checkout,
        hook_event_name: "PreToolUse",
        tool_name: "Bash",
        tool_use_id: "first",
        tool_input: { command: "make" }
      },
      "claude",
      "waits"
    )
    // As the hook script names it, which runs while it waits.
    const name = own.split(".").slice(0, 3).concat(`${process.ppid}`, "waits").join(".")
    renameSync(join(at.home.spool, "new", own), join(at.home.spool, "new", name))
    await at.ingest()
    expect(at.waiting().map((waiting) => waiting.name)).toEqual([name])
    await at.ingest(name)
    expect(at.waiting()).toEqual([])
    expect(openCallFiles(at).filter((file) => file.endsWith(".call"))).toHaveLength(1)
  })

  it("does not take a file for changed whose line ends git converts", async () => {
    using at = world()
    const checkout = checkoutWith(at, { ".gitattributes": "*.txt text eol=crlf\n", "a.txt": "one\r\ntwo\r\n" })
    await shell(at, checkout).run("make; touch a.txt")
    expect(await editsIn(at)).toEqual([])
  })

  it("forgets the calls of a turn that was interrupted", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const { start, hook } = shell(at, checkout)
    await start("make")
    expect(openCallFiles(at)).not.toEqual([])
    await hook("Stop", { session_id: "s-1", cwd: checkout })
    expect(openCallFiles(at)).toEqual([])
  })

  it("names the formatter", async () => {
    using at = world()
    const checkout = checkoutWith(at, { "a.txt": "one\n" })
    const tool = at.put("bin/prettier", "#!/bin/sh\necho formatted > a.txt\n")
    chmodSync(tool, 0o755)
    await shell(at, checkout).run("../bin/prettier --write a.txt")
    const [edit] = await at.ofType("FileEdited")
    expect(edit?.payload).toMatchObject({ claim: "named", formatter: "prettier" })
  })
})
