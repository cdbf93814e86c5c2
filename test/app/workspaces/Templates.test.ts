import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { createHash } from "node:crypto"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as GitSourcesLive from "../../../src/adapters/git/templates/GitSourcesLive.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { fork } from "../../../src/app/workspaces/Fork.ts"
import { specOf } from "../../../src/app/workspaces/spec/SpecLayers.ts"
import { readTemplate } from "../../../src/app/workspaces/template/Template.ts"
import { execFileSync } from "node:child_process"
import { git } from "../world.ts"
import { put, type Stage, stage } from "./stage.ts"

let at: Stage
let folder: string
const said: Array<string> = []
const say = (words: string) => void said.push(words)
beforeEach(() => {
  at = stage()
  folder = join(at.root, "template")
  said.length = 0
  put(join(folder, "template.jsonc"), '{ "cpu": 2, "env": { "A": "1" }, "hooks": { "setup": "true" } }')
})
afterEach(() => at[Symbol.dispose]())

const read = (source: string) => readTemplate(source, say).pipe(Effect.provide(GitSourcesLive.layer))
const reason = async (source: string): Promise<string> => ((await at.refused(read(source))) as Error).message

const make = (name: string, source: string) =>
  at.run(
    Effect.flatMap(read(source), ({ layer }) => create({ name, base: "HEAD", spec: specOf("process", [layer]) }, say))
  )

const repository = () => {
  git(folder, "init", "--quiet", "--initial-branch=main")
  git(folder, "add", "--all")
  git(folder, "-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "--message", "one")
  return folder
}

describe("a template", () => {
  it("says what a workspace is to be like, which is then its own", async () => {
    const { id } = await make("feat", folder)
    const { spec } = (await at.find("feat")).workspace
    const { digest } = await at.run(read(folder))
    expect(id).toBeDefined()
    expect(spec).toMatchObject({
      limits: { cpus: 2 },
      variables: { A: { value: "1" } },
      hooks: [{ stage: "setup", command: "true", timeoutMs: 1_800_000 }],
      template: { from: folder, digest }
    })
    await at.onlyTheLiving()
  })

  it("has the digest that the documentation says", async () => {
    put(join(folder, "files/run"), "#!/bin/sh\n")
    chmodSync(join(folder, "files/run"), 0o755)
    symlinkSync("run", join(folder, "files/link"))
    mkdirSync(join(folder, "empty"))
    const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex")
    const lines = [
      `120000 ${sha256("run")} files/link\n`,
      `100755 ${sha256("#!/bin/sh\n")} files/run\n`,
      `100644 ${sha256(readFileSync(join(folder, "template.jsonc")))} template.jsonc\n`
    ]
    expect((await at.run(read(folder))).digest).toBe(`sha256:${sha256(lines.join(""))}`)
  })

  it("has one digest as a folder, as its repository, and as a bare one", async () => {
    put(join(folder, "files/a b"), "x\r\n")
    put(join(folder, ".gitattributes"), "* text=auto eol=lf\n")
    const digests = [(await at.run(read(folder))).digest]
    repository()
    execFileSync("git", ["clone", "--quiet", "--bare", folder, join(at.root, "bare")])
    // What git has of a file with other line ends is another content.
    put(join(folder, "files/a b"), "x\n")
    for (const source of [folder, `${folder}#main`, join(at.root, "bare"), `file://${at.root}/bare#main`])
      digests.push((await at.run(read(source))).digest)
    expect(new Set(digests.slice(1)).size).toBe(1)
    expect(digests[0]).not.toBe(digests[1])
  })

  it("that is pinned is exactly that, and is not asked for again", async () => {
    const { digest } = await at.run(read(folder))
    put(join(folder, "template.jsonc"), '{ "cpu": 3 }')
    // What it was then is still here.
    expect((await at.run(read(`${folder}@${digest}`))).layer).toMatchObject({ limits: { cpus: 2 } })
    const other = `sha256:${"0".repeat(64)}`
    expect(await at.refused(read(`${folder}@${other}`))).toMatchObject({ _tag: "TemplateDiffers", expected: other })
    rmSync(join(at.home.templates, digest.slice(7)), { recursive: true })
    expect(await at.refused(read(`${folder}@${digest}`))).toMatchObject({ _tag: "TemplateDiffers", expected: digest })
  })

  it("brings files where nothing is yet, through no link, and overwrites nothing", async () => {
    const outside = join(at.root, "outside")
    mkdirSync(outside)
    symlinkSync(outside, join(at.repository, "way"))
    git(at.repository, "add", "--all")
    git(at.repository, "commit", "--quiet", "--message", "a link")
    for (const path of ["a.txt", "new", "b/new", "way/out", "run", "c.txt/under"])
      put(join(folder, "files", path), "theirs\n")
    chmodSync(join(folder, "files/run"), 0o755)
    symlinkSync("../new", join(folder, "files/b/link"))
    await make("feat", folder)
    expect(readFileSync(at.folder("feat", "a.txt"), "utf8")).toBe("one\n")
    expect(readFileSync(at.folder("feat", "b/new"), "utf8")).toBe("theirs\n")
    expect(readFileSync(at.folder("feat", "b/link"), "utf8")).toBe("theirs\n")
    expect(lstatSync(at.folder("feat", "run")).mode & 0o111).not.toBe(0)
    expect(existsSync(join(outside, "out"))).toBe(false)
    expect(said).toContain("Left as they are, though the template has them: a.txt, way/out.")
    // A fork has the files of its checkpoint.
    rmSync(at.folder("feat", "new"))
    await at.checkpoint("feat", "here")
    await at.run(fork("feat", "here", "other", say))
    expect(existsSync(at.folder("other", "new"))).toBe(false)
    expect((await at.find("other")).workspace.spec.template).toBeDefined()
  })

  it("of a repository is fetched without running anything of it, and is there without a network afterwards", async () => {
    const marker = join(at.root, "ran")
    repository()
    for (const hook of ["post-checkout", "reference-transaction", "post-upload-pack"]) {
      put(join(folder, ".git/hooks", hook), `#!/bin/sh\ntouch ${marker}\n`)
      chmodSync(join(folder, ".git/hooks", hook), 0o755)
    }
    git(folder, "config", "core.fsmonitor", `touch ${marker}`)
    const first = await at.run(read(`${folder}#main`))
    renameSync(folder, `${folder}-away`)
    put(join(folder, ".git"), "no repository any more")
    expect((await at.run(read(`${folder}#main`))).digest).toBe(first.digest)
    expect(said.at(-1)).toContain("can't be reached")
    expect(existsSync(marker)).toBe(false)
    expect(await at.refused(read(`${folder}#never`))).toMatchObject({ _tag: "TemplateUnreachable" })
  })

  it("of a commit, and in a folder of a repository", async () => {
    put(join(folder, "inner/node/template.jsonc"), '{ "description": "Node", "memory": "1g" }')
    repository()
    const commit = git(folder, "rev-parse", "HEAD")
    const found = await at.run(read(`${folder}#${commit}:inner/node`))
    expect(found).toMatchObject({ description: "Node", layer: { limits: { memoryBytes: 1024 ** 3 } } })
    expect(await reason(`${folder}#main:inner/go`)).toContain("there is no folder inner/go at")
  })

  it("is told without the password of its address", async () => {
    const message = await reason("https://ada:hunter2secret@127.0.0.1:9/templates.git")
    expect(message).toContain("The template https://127.0.0.1:9/templates.git can't be fetched")
    expect(message).not.toContain("hunter2secret")
  })

  it("that can't be one is refused with what is wrong", async () => {
    const file = join(folder, "template.jsonc")
    const wrong: ReadonlyArray<readonly [string, string]> = [
      ['{\n "hoks": { "setup": "x" } }', "line 2: there is no key hoks.setup. Did you mean hooks.setup?"],
      ['{ "workspace": { "cpu": 1 } }', "there is no key workspace.cpu. Did you mean cpu?"],
      ['{ "cpu": "two" }', "cpu is a number above 0"],
      ['{ "hooks": { "setup": { "timeout": "5s" } } }', "hooks.setup is a line for the shell"],
      ['{ "env": { "A": { "fromFile": "/etc/passwd" } } }', "a template takes no files of this machine"],
      ['{ "dockerfile": "Dockerfile" }', "has no Dockerfile"],
      ["{ broken", "line 1"]
    ]
    for (const [text, words] of wrong) {
      put(file, text)
      expect(await reason(folder)).toContain(words)
    }
    put(file, "{}")
    symlinkSync("/etc/passwd", join(folder, "leads-out"))
    expect(await reason(folder)).toContain("leads-out is a link that leads out of it")
    rmSync(join(folder, "leads-out"))
    mkdirSync(join(folder, "files"))
    symlinkSync("../template.jsonc", join(folder, "files/up"))
    expect(await reason(folder)).toContain("files/up is a link that leads out of it")
    rmSync(join(folder, "files/up"))
    put(join(folder, "files/inner/.GIT/config"), "")
    expect(await reason(folder)).toContain("would be a repository's own")
    rmSync(folder, { recursive: true })
    expect(await reason(folder)).toBe(`There is no folder ${folder}.`)
    mkdirSync(folder)
    expect(await reason(folder)).toBe(`${folder} has no template.jsonc.`)
    expect(await reason(`${folder}#main`)).toContain("is no repository")
    expect(await reason(`${folder}#--upload-pack=x`)).toContain("can't be a branch, a tag or a commit")
    expect(await reason(`https://localhost/x#main:../up`)).toContain("is not a folder within the repository")
    expect(await reason("ext::sh -c id")).toContain("There is no folder")
    expect(await reason(`${folder}@sha256:12`)).toContain("is no digest")
  })
})
