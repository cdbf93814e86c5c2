/** The extension as it is installed: the built package, in a double of the editor, with the real program and a real repository. */
import { execFileSync } from "node:child_process"
import { chmodSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, program, put, type World } from "../support/cli.ts"
import { newEditor } from "./editor.ts"

const root = join(import.meta.dirname, "../..")
const home = join(root, "integrations/cursor-extension")

let world: World
let project = ""
let files: ReadonlyMap<string, Buffer>

beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  execFileSync(process.execPath, [join(root, "scripts/extension.mjs")], { stdio: "pipe" })
  files = await unpacked(join(home, "dist/nexus.vsix"))
  for (const [name, content] of files) put(join(world.root, "installed", name), content)
  put(join(world.root, "node_modules/vscode/index.js"), "module.exports = globalThis.nexusTestEditor\n")
  const script = `#!/bin/sh\nNEXUS_HOME='${world.home}' HOME='${world.user}' exec '${process.execPath}' '${program}' "$@"\n`
  put(join(world.root, "bin/nexus"), script)
  chmodSync(join(world.root, "bin/nexus"), 0o755)
}, 300_000)
afterAll(() => world[Symbol.dispose]())

/** With the library that the packager reads packages with. */
const unpacked = async (vsix: string): Promise<ReadonlyMap<string, Buffer>> => {
  const { openPromise } = createRequire(join(home, "package.json"))("yauzl") as {
    openPromise: (path: string) => Promise<any>
  }
  const zip = await openPromise(vsix)
  const found = new Map<string, Buffer>()
  for await (const entry of zip.eachEntry()) {
    const chunks: Array<Buffer> = []
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
    found.set(entry.fileName as string, Buffer.concat(chunks))
  }
  return found
}

const nexus = async (...args: ReadonlyArray<string>) => json(await world.nexus([...args, "--json"], { cwd: project }))

/** Loads the installed extension into a new editor, as the editor does. */
const start = async (settings: Readonly<Record<string, unknown>> = {}, folder = project) => {
  const editor = newEditor(folder, { path: join(world.root, "bin/nexus"), ...settings })
  ;(globalThis as Record<string, unknown>)["nexusTestEditor"] = editor.module
  const load = createRequire(join(world.root, "installed/extension/package.json"))
  for (const name of Object.keys(load.cache)) if (name.startsWith(world.root)) delete load.cache[name]
  const { main } = load("./package.json") as { main: string }
  const { activate } = load(main) as { activate: (context: unknown) => Promise<void> }
  const subscriptions: Array<{ dispose: () => void }> = []
  const extensionUri = { scheme: "file", fsPath: join(world.root, "installed/extension") }
  await activate({ subscriptions, extensionUri })
  return { ...editor, [Symbol.dispose]: () => subscriptions.forEach((one) => one.dispose()) }
}

describe("the package", () => {
  it("holds the extension, and nothing that it does not need", () => {
    expect([...files.keys()].toSorted()).toEqual([
      "[Content_Types].xml",
      "extension.vsixmanifest",
      "extension/LICENSE.txt",
      "extension/dist/extension.js",
      "extension/media/ai.svg",
      "extension/media/human.svg",
      "extension/media/mixed.svg",
      "extension/media/nexus.svg",
      "extension/media/unknown.svg",
      "extension/package.json",
      "extension/readme.md"
    ])
    const manifest = JSON.parse(String(files.get("extension/package.json")))
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }
    expect(manifest).toMatchObject({ version, engines: { vscode: "^1.90.0" }, main: "./dist/extension.js" })
    expect(manifest).not.toHaveProperty("dependencies")
    expect(manifest).not.toHaveProperty("type")
    expect(String(files.get("extension.vsixmanifest"))).toContain(`Version="${version}"`)
  })

  it("needs nothing but the editor and Node", () => {
    const code = String(files.get("extension/dist/extension.js"))
    const needed = [...new Set(Array.from(code.matchAll(/require\("([^"]+)"\)/g), ([, name]) => name))]
    expect(needed.filter((name) => name !== "vscode" && name?.startsWith("node:") !== true)).toEqual([])
  })

  it("declares each command that it has, and has each that it declares", async () => {
    using editor = await start()
    const { contributes } = JSON.parse(String(files.get("extension/package.json")))
    expect([...editor.commands.keys()].toSorted()).toEqual(
      contributes.commands.map(({ command }: { command: string }) => command).toSorted()
    )
    // A repository must not say which program is run.
    expect(contributes.configuration.properties["nexus.path"].scope).toBe("machine")
  })
})

describe("the extension in an editor", () => {
  it("shows the boulder and the tasks, and again when the person comes back", async () => {
    await nexus("task", "add", "Write **the** [parser](http://localhost/)")
    using editor = await start()
    expect(editor.bar).toMatchObject({ text: "$(circle-large-outline) nexus", isShown: true })
    expect(editor.tree()).toEqual(["To do", "  Write **the** [parser](http://localhost/) (T-1) circle-large-outline"])
    expect(editor.contexts.get("nexus.isAvailable")).toBe(true)
    await nexus("boulder", "arm")
    await editor.run("nexus.refresh")
    expect(editor.bar.text).toBe("$(circle-large-filled) nexus: 1 open, 0/25")
    // Titles are shown as text, never as markup.
    expect(editor.bar.tooltip.lines).toContain("Next: T-1 Write **the** [parser](http://localhost/)")
    await nexus("task", "add", "Test it")
    editor.on.windowState.fire({ focused: true })
    await editor.shows(() => editor.bar.text.includes("2 open"))
    await nexus("task", "done", "2")
    editor.on.file.fire(undefined)
    await editor.shows(() => editor.bar.text.includes("1 open"))
  })

  it("pauses with a reason, resumes, and explains", async () => {
    using editor = await start()
    Object.assign(editor.answers, { pick: "Pause", input: "--json is what I say" })
    await editor.run("nexus.boulder")
    expect(editor.told.picks.map(({ label }) => label.replace(/^\S+ /, ""))).toEqual(["Pause", "Why?", "Tasks"])
    expect(editor.bar.text).toContain("$(debug-pause) nexus: paused")
    expect((await nexus("boulder", "status")).paused).toMatchObject({ reason: "--json is what I say" })
    editor.answers.pick = "Resume"
    await editor.run("nexus.boulder")
    expect(editor.bar.text).toContain("1 open")
    // Escape, and nothing was decided yet.
    Object.assign(editor.answers, { pick: "Pause", input: undefined })
    await editor.run("nexus.boulder")
    expect((await nexus("boulder", "status")).paused).toBeNull()
    await editor.run("nexus.explain")
    expect([...editor.told.warnings, editor.told.output].join("")).not.toBe("")
  })

  it("shows who wrote each line of a saved file, and nothing of one that is not saved", async () => {
    const path = join(project, "README.md")
    const after = "# A project\nconst a = 1\nconst b = 2\n"
    put(path, after)
    const edits = [{ path: "README.md", before: "# A project\n", after }]
    const record = { agent: "my-tool", session: "s1", model: "anthropic/claude-opus-4-5", cwd: project, edits }
    json(await world.nexus(["record", "--json"], { cwd: project, stdin: JSON.stringify(record) }))
    using editor = await start()
    const document = editor.open(path, 4)
    await editor.shows(() => editor.gutter.size === 4)
    expect(Object.fromEntries(editor.gutter)).toEqual({ unknown: [[0, 0]], ai: [[1, 2]], mixed: [], human: [] })
    expect(editor.hover(document, 1)[0]).toBe("AI: anthropic/claude-opus-4-5")
    const nothing = { human: [], ai: [], mixed: [], unknown: [] }
    Object.assign(document, { isDirty: true, version: 2 })
    editor.on.edited.fire({ document })
    expect(Object.fromEntries(editor.gutter)).toEqual(nothing)
    expect(editor.hover(document, 1)).toEqual([])
    put(path, `${after}mine\n`)
    Object.assign(document, { isDirty: false, version: 3, lineCount: 5 })
    editor.on.saved.fire(document)
    await editor.shows(() => editor.gutter.get("human")?.length === 1)
    expect(editor.gutter.get("human")).toEqual([[3, 3]])
    await editor.run("nexus.toggleAttribution")
    expect(Object.fromEntries(editor.gutter)).toEqual(nothing)
    expect(editor.hover(document, 1)).toEqual([])
    await editor.run("nexus.toggleAttribution")
    expect(editor.gutter.get("ai")).toEqual([[1, 2]])
  })

  it("says quietly that Nexus is not available", async () => {
    using editor = await start({ path: join(world.root, "nothing") })
    expect(editor.bar.text).toBe("$(circle-slash) nexus: not available")
    expect(editor.tree()).toEqual([])
    expect(editor.contexts.get("nexus.isAvailable")).toBe(false)
    editor.open(join(project, "README.md"), 2)
    await editor.run("nexus.refresh")
    expect(editor.told.warnings).toEqual([])
    await editor.run("nexus.resume")
    expect(editor.told.warnings).toEqual([expect.stringContaining("ENOENT")])
  })

  it("says why outside of a repository, and leaves nothing behind when it is switched off", async () => {
    put(join(world.root, "plain/a.txt"), "")
    const editor = await start({}, join(world.root, "plain"))
    expect(editor.bar.text).toBe("$(circle-slash) nexus: not available")
    expect(editor.bar.tooltip.lines[0]).toContain("plain")
    editor[Symbol.dispose]()
    expect(editor.bar.isGone).toBe(true)
    expect(editor.commands.size).toBe(0)
    expect(Object.values(editor.on).map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0])
  })
})
