/** 73: tools beside Edit, Write and Bash: MCP servers, notebooks, PowerShell. */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { opus } from "../Agent.ts"
import { by, linesOf } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

const routes = "app.get('/users', listUsers)\napp.get('/teams', listTeams)\napp.listen(8080)\n"
const routeLines = ["app.get('/users', listUsers)", "app.get('/teams', listTeams)", "app.listen(8080)"]

scenario(73, "files that an MCP server writes, moves and deletes", async (stage) => {
  stage.write("routes.js", routes)
  stage.write("old.js", "legacy()\n")
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  const path = (file: string) => join(stage.cwd, file)
  await claude.call("mcp__files__write_file", { path: path("new.js"), content: "export const health = 1\n" }, () => {
    writeFileSync(path("new.js"), "export const health = 1\n")
    return "Wrote new.js"
  })
  await claude.call(
    "mcp__files__edit_file",
    { path: path("routes.js"), edits: [{ oldText: "app.listen(8080)", newText: "app.use(etag())\napp.listen(8080)" }] },
    () => {
      const text = readFileSync(path("routes.js"), "utf8")
      writeFileSync(path("routes.js"), text.replace("app.listen(8080)", "app.use(etag())\napp.listen(8080)"))
      return [{ type: "text", text: "Edited" }]
    }
  )
  await claude.call("mcp__files__delete_file", { path: path("old.js") }, () => {
    rmSync(path("old.js"))
    return "Deleted"
  })
  // A server that is told no path, and reads only.
  await claude.call("mcp__demo__echo", { text: "hey" }, () => '{"echoed":"hey"}')
  const lines = [
    ...by("H", ...routeLines.slice(0, 2)),
    ...by(claude, "app.use(etag())"),
    ...by("H", "app.listen(8080)")
  ]
  await stage.expect("new.js", by(claude, "export const health = 1"))
  await stage.expect("routes.js", lines)
  const commit = stage.commit("By the server")
  await stage.expect("routes.js", lines, { of: { revision: commit } })
  const shown = await stage.show(commit)
  const deletions = shown.files.find(({ path: file }) => file.endsWith("old.js"))?.deletions ?? []
  stage.check(
    deletions.length === 1 && deletions[0]?.by.session === "claude:s1",
    `old.js was deleted by ${JSON.stringify(deletions)}`
  )
})

const notebook = `${JSON.stringify(
  {
    cells: [
      { cell_type: "code", id: "c1", metadata: {}, source: "print(1)", outputs: [], execution_count: null },
      { cell_type: "code", id: "c2", metadata: {}, source: "print(2)", outputs: [], execution_count: null }
    ],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5
  },
  null,
  1
)}\n`

scenario(73, "NotebookEdit: the cell's lines are the agent's, the rest of the notebook is not", async (stage) => {
  stage.write("study.ipynb", notebook)
  stage.commit("Study")
  const claude = await stage.agent(opus)
  await claude.notebook("study.ipynb", "c2", "import numpy\nnumpy.mean(values)")
  const cell = '   "source": "import numpy\\nnumpy.mean(values)",'
  const lines = linesOf(stage.read("study.ipynb")).flatMap((line) =>
    // The key is the person's still, but that is little of the line.
    line === cell ? by("A s1 claude-opus-4-5 | M s1 claude-opus-4-5", line) : by("H", line)
  )
  await stage.expect("study.ipynb", lines)
  stage.commit("Mean")
  await stage.expect("study.ipynb", lines, { of: { revision: "HEAD" } })
})

scenario(73, "the PowerShell tool", async (stage) => {
  stage.write("routes.js", routes)
  stage.commit("Routes")
  const claude = await stage.agent(opus)
  await claude.bash("echo 'app.use(etag())' >> routes.js", { tool: "PowerShell" })
  await claude.bash("echo 'export const health = 1' > new.js", { tool: "PowerShell" })
  const lines = [...by("H", ...routeLines), ...by(claude, "app.use(etag())")]
  await stage.expect("routes.js", lines)
  await stage.expect("new.js", by(claude, "export const health = 1"))
  stage.commit("Tags")
  await stage.expect("routes.js", lines, { of: { revision: "HEAD" } })
})
