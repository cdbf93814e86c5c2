/** 53 to 55: files that no edit tool wrote: commands and scripts, beside people and other agents. */
import { opus, sonnet } from "../Agent.ts"
import { by, linesOf } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

const routes = "app.get('/users', listUsers)\napp.get('/teams', listTeams)\napp.listen(8080)\n"
const routeLines = ["app.get('/users', listUsers)", "app.get('/teams', listTeams)", "app.listen(8080)"]

scenario(53, "cat > and sed -i: the lines that the command wrote", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.bash(
    "cat > health.js <<'END'\nexport const health = () => 'fine'\n\nexport const ready = () => true\nEND"
  )
  await claude.bash("sed -i \"1i import { health } from './health.js'\" routes.js && sed -i '$d' routes.js")
  await claude.bash("echo 'listenOnSocket()' >> routes.js")
  const lines = [
    ...by(claude, "import { health } from './health.js'"),
    ...by("H", "app.get('/users', listUsers)", "app.get('/teams', listTeams)"),
    ...by(claude, "listenOnSocket()")
  ]
  const whole = by(claude, "export const health = () => 'fine'", "", "export const ready = () => true")
  await stage.expect("routes.js", lines)
  await stage.expect("health.js", whole)
  const commit = stage.commit("Health")
  await stage.expect("routes.js", lines, { of: { revision: commit } })
  await stage.expectIntroduced(commit, {
    "routes.js": by(claude, "import { health } from './health.js'", "listenOnSocket()"),
    "health.js": whole
  })
})

scenario(53, "sed -i on one word of a person's line: mixed", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.bash("sed -i 's/8080/9090/' routes.js")
  const lines = [
    ...by("H", ...routeLines.slice(0, 2)),
    [
      "app.listen(9090)",
      "M s1 claude-opus-4-5",
      {
        columns: [
          [1, 11, "H"],
          [12, 15, claude],
          [16, 16, "H"]
        ]
      }
    ] as const
  ]
  await stage.expect("routes.js", lines)
  stage.commit("Port")
  await stage.expect("routes.js", lines, { of: { revision: "HEAD" } })
})

const codemod = `import { readdirSync, readFileSync, writeFileSync } from "node:fs"
for (const name of readdirSync("src")) {
  const text = readFileSync("src/" + name, "utf8")
  writeFileSync("src/" + name, "// Converted.\\n" + text.replaceAll(/^var .*$/gm, "let converted"))
}
`

scenario(53, "a codemod: what it changed in files that the command does not name", async (stage) => {
  stage.write("codemod.mjs", codemod)
  stage.write("src/a.js", "var a\nrun(first)\n")
  stage.write("src/b.js", "run(second)\nvar b\n")
  stage.commit("Sources")
  const claude = await stage.agent(opus)
  await claude.bash("node codemod.mjs")
  const [a, b] = [
    [...by(claude, "// Converted.", "let converted"), ...by("H", "run(first)")],
    [...by(claude, "// Converted."), ...by("H", "run(second)"), ...by(claude, "let converted")]
  ]
  await stage.expect("src/a.js", a)
  await stage.expect("src/b.js", b)
  await stage.expect("codemod.mjs", by("H", ...linesOf(codemod)))
  stage.commit("Convert")
  await stage.expect("src/a.js", a, { of: { revision: "HEAD" } })
  await stage.expect("src/b.js", b, { of: { revision: "HEAD" } })
})

scenario(53, "rm and mv: deleted lines have who deleted them, renamed ones keep their owners", async (stage) => {
  stage.write("routes.js", routes)
  stage.write("old.js", "legacy()\n")
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.edit("routes.js", "app.listen(8080)\n", "app.get('/health', health)\napp.listen(8080)\n")
  stage.commit("Health")
  await claude.bash("rm old.js && mv routes.js server.js")
  const lines = [
    ...by("H", ...routeLines.slice(0, 2)),
    ...by(claude, "app.get('/health', health)"),
    ...by("H", "app.listen(8080)")
  ]
  await stage.expect("server.js", lines)
  const commit = stage.commit("Tidy up")
  await stage.expect("server.js", lines, { of: { revision: commit } })
  const shown = await stage.show(commit)
  const deleted = shown.files.find(({ path }) => path.endsWith("old.js"))?.deletions
  stage.check(
    deleted?.length === 1 &&
      deleted[0]?.start === 1 &&
      deleted[0].end === 1 &&
      deleted[0].owner.contributor.type === "human" &&
      deleted[0].by.session === "claude:s1",
    `the deletion of old.js is ${JSON.stringify(deleted)}`
  )
})

scenario(53, "a directory that a command renames", async (stage) => {
  stage.write("lib/routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.edit("lib/routes.js", "app.listen(8080)\n", "app.get('/health', health)\napp.listen(8080)\n")
  await claude.bash("mkdir -p src && mv lib src/web")
  const lines = [
    ...by("H", ...routeLines.slice(0, 2)),
    ...by(claude, "app.get('/health', health)"),
    ...by("H", "app.listen(8080)")
  ]
  await stage.expect("src/web/routes.js", lines)
  stage.commit("Move")
  await stage.expect("src/web/routes.js", lines, { of: { revision: "HEAD" } })
})

scenario(53, "a command that fails after it has written", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.bash("echo 'app.get(\"/health\", health)' >> routes.js; exit 3", { fails: true })
  const lines = [...by("H", ...routeLines), ...by(claude, 'app.get("/health", health)')]
  await stage.expect("routes.js", lines)
  stage.commit("Health")
  await stage.expect("routes.js", lines, { of: { revision: "HEAD" } })
})

scenario(53, "git within a command: what it brings back is whose it was", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  stage.change("routes.js", "app.listen(8080)\n", "app.use(compression())\napp.listen(8080)\n")
  stage.commit("Compress")
  const claude = await stage.agent(opus)
  await claude.bash("git checkout --quiet HEAD~1 -- routes.js")
  await stage.expect("routes.js", by("H", ...routeLines))
  await claude.bash(
    "git checkout --quiet HEAD -- routes.js && echo 'app.use(etag())' >> routes.js && git commit --quiet -am Tags"
  )
  await stage.expect(
    "routes.js",
    [
      ...by("H", ...routeLines.slice(0, 2), "app.use(compression())", "app.listen(8080)"),
      ...by(claude, "app.use(etag())")
    ],
    { of: { revision: "HEAD" } }
  )
})

scenario(53, "a command that begins in the second of a commit: what both have is the commit's", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  stage.change("routes.js", "app.listen(8080)\n", "app.use(compression())\napp.listen(8080)\n")
  const later = `${Math.floor(Date.now() / 1000) + 5} +0000`
  stage.gitWith({ GIT_COMMITTER_DATE: later }, "commit", "--quiet", "--all", "--message", "Compress")
  stage.git("checkout", "--quiet", "HEAD~1", "--", "routes.js")
  const claude = await stage.agent(opus)
  await claude.bash("sed -i '/listen/i app.use(compression())' routes.js && echo 'app.use(etag())' >> routes.js")
  stage.gitWith({ GIT_COMMITTER_DATE: later }, "commit", "--quiet", "--all", "--message", "Tags")
  const end = [...by("H", "app.listen(8080)"), ...by(claude, "app.use(etag())")]
  await stage.expect("routes.js", [...by("H", ...routeLines.slice(0, 2), "app.use(compression())"), ...end], {
    of: { revision: "HEAD" }
  })
})

scenario(54, "a person saves another file while a command runs that names its own", async (stage) => {
  stage.write("routes.js", routes)
  stage.write("notes.md", "Call Bob\n")
  stage.write("todo.md", "Tests\n")
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.bash("sed -i \"1i import { health } from './health.js'\" routes.js", {
    human: () => stage.write("notes.md", "Call Bob\nBuy a new chair\n"),
    humanAfter: () => {
      stage.write("todo.md", "Tests\nDocuments\n")
      stage.write("new.md", "A thought\n")
    }
  })
  const expectAll = async (of: "worktree" | { readonly revision: string }) => {
    const start = by(claude, "import { health } from './health.js'")
    await stage.expect("routes.js", [...start, ...by("H", ...routeLines)], { of })
    await stage.expect("notes.md", by("H", "Call Bob", "Buy a new chair"), { of })
    await stage.expect("todo.md", by("H", "Tests", "Documents"), { of })
    await stage.expect("new.md", by("H", "A thought"), { of })
  }
  await expectAll("worktree")
  stage.commit("Notes")
  await expectAll({ revision: "HEAD" })
})

scenario(
  54,
  "a person saves another file while a command runs that may write anything: never the agent's",
  async (stage) => {
    stage.write("codemod.mjs", codemod)
    stage.write("src/a.js", "var a\nrun(first)\n")
    stage.write("notes.md", "Call Bob\n")
    stage.commit("Sources")
    const claude = await stage.agent(opus)
    await claude.bash("node codemod.mjs", {
      human: () => stage.write("notes.md", "Call Bob\nBuy a new chair\n"),
      humanAfter: () => stage.write("new.md", "A thought\n")
    })
    const expectAll = async (of: "worktree" | { readonly revision: string }) => {
      // Nobody watched the disk, so that it may be impossible to tell whose these are.
      await stage.expect("notes.md", [...by("H", "Call Bob"), ...by("H | U", "Buy a new chair")], { of })
      await stage.expect("new.md", by("H | U", "A thought"), { of })
      const converted = `${claude.owner} | U`
      await stage.expect("src/a.js", [...by(converted, "// Converted.", "let converted"), ...by("H", "run(first)")], {
        of
      })
    }
    await expectAll("worktree")
    stage.commit("Convert")
    await expectAll({ revision: "HEAD" })
  }
)

scenario(54, "a command reads only, and a person saves a file meanwhile: the person's", async (stage) => {
  stage.write("notes.md", "Call Bob\n")
  stage.commit("Notes")
  const claude = await stage.agent(opus)
  await claude.bash("cat notes.md | grep -c Bob", {
    human: () => stage.write("notes.md", "Call Bob\nBuy a new chair\n")
  })
  const lines = by("H", "Call Bob", "Buy a new chair")
  await stage.expect("notes.md", lines)
  stage.commit("Chair")
  await stage.expect("notes.md", lines, { of: { revision: "HEAD" } })
})

scenario(54, "two agents at one file: an edit within the time of the other's command", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  const other = await stage.agent(sonnet)
  const call = {
    tool_name: "Bash",
    tool_input: { command: "sed -i \"1i import { health } from './health.js'\" routes.js", description: "Import" },
    tool_use_id: "toolu_overlap01"
  }
  await claude.hook("PreToolUse", call)
  await other.edit("routes.js", "app.listen(8080)\n", "app.use(etag())\napp.listen(8080)\n")
  stage.write("routes.js", `import { health } from './health.js'\n${stage.read("routes.js")}`)
  await claude.hook("PostToolUse", {
    ...call,
    tool_response: { stdout: "", stderr: "", interrupted: false, isImage: false, noOutputExpected: false },
    duration_ms: 5
  })
  const lines = [
    ...by(`${claude.owner} | U`, "import { health } from './health.js'"),
    ...by("H", ...routeLines.slice(0, 2)),
    ...by(other, "app.use(etag())"),
    ...by("H", "app.listen(8080)")
  ]
  await stage.expect("routes.js", lines)
  stage.commit("Health")
  await stage.expect("routes.js", lines, { of: { revision: "HEAD" } })
})

scenario(55, "a command in the background writes after its hook: attributed when it has ended", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  const job = await claude.background("printf 'compiled\\nlinked\\n' > build.log; echo 'built()' >> routes.js")
  // Meanwhile a person saves another file, and the agent goes on.
  stage.write("notes.md", "Call Bob\n")
  await claude.edit("routes.js", "app.get('/teams', listTeams)\n", "app.get('/teams', listTeams)\napp.use(etag())\n")
  await job.finish()
  await claude.stop()
  const expectAll = async (of: "worktree" | { readonly revision: string }) => {
    await stage.expect("build.log", by(claude, "compiled", "linked"), { of })
    await stage.expect(
      "routes.js",
      [
        ...by("H", ...routeLines.slice(0, 2)),
        ...by(claude, "app.use(etag())"),
        ...by("H", "app.listen(8080)"),
        ...by(claude, "built()")
      ],
      { of }
    )
    await stage.expect("notes.md", by("H", "Call Bob"), { of })
  }
  await expectAll("worktree")
  stage.commit("Build")
  await expectAll({ revision: "HEAD" })
})
