/** 48 to 51: line ends, names, encodings, and what has no lines. */
import { chmodSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Trace from "../../../src/app/trace/Trace.ts"
import { opus, sonnet } from "../Agent.ts"
import { by, linesOf } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Asked, Stage } from "../Stage.ts"

const crlf = (text: string): string => text.replaceAll("\n", "\r\n")

const server = "const port = 8080\nconst host = 'localhost'\nlisten(host, port)\n"

scenario(48, "a file with CRLF: an agent's lines are its own, the others stay", async (stage) => {
  stage.write("f.js", crlf(server))
  stage.commit("Server")
  const claude = await stage.agent(opus)
  await claude.edit("f.js", "listen(host, port)\n", "const backlog = 511\nlisten(host, port)\n")
  await claude.write("new.js", crlf("import { listen } from 'node:net'\nexport { listen }\n"))
  const lines = [
    ...by("H", "const port = 8080", "const host = 'localhost'"),
    ...by(claude, "const backlog = 511"),
    ...by("H", "listen(host, port)")
  ]
  const whole = by(claude, "import { listen } from 'node:net'", "export { listen }")
  await stage.expect("f.js", lines)
  await stage.expect("new.js", whole)
  stage.commit("Backlog")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
  await stage.expect("new.js", whole, { of: { revision: "HEAD" } })
})

scenario(48, "autocrlf: CRLF on disk, LF in git, the same owners in both", async (stage) => {
  stage.git("config", "core.autocrlf", "true")
  stage.write("f.js", crlf(server))
  stage.commit("Server")
  const claude = await stage.agent(opus)
  await claude.edit("f.js", "listen(host, port)\n", "const backlog = 511\nlisten(host, port)\n")
  const lines = [
    ...by("H", "const port = 8080", "const host = 'localhost'"),
    ...by(claude, "const backlog = 511"),
    ...by("H", "listen(host, port)")
  ]
  await stage.expect("f.js", lines)
  stage.git("add", "f.js")
  await stage.expect("f.js", lines, { of: "index" })
  stage.commit("Backlog")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.js", lines)
  // Git writes the file anew, with its own idea of line ends.
  stage.remove("f.js")
  stage.git("checkout", "--quiet", "--", "f.js")
  await stage.expect("f.js", lines)
})

scenario(48, "mixed line ends: an edit between them claims its own lines", async (stage) => {
  stage.write("f.js", "const port = 8080\r\nconst host = 'localhost'\nlisten(host, port)\r\nprint(port)\n")
  stage.commit("Server")
  const claude = await stage.agent(opus)
  await claude.bash("sed -i '2a const backlog = 511' f.js")
  const lines = [
    ...by("H", "const port = 8080", "const host = 'localhost'"),
    ...by(claude, "const backlog = 511"),
    ...by("H", "listen(host, port)", "print(port)")
  ]
  await stage.expect("f.js", lines)
  stage.commit("Backlog")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
})

scenario(48, "a commit of line ends only, by a person and by an agent: nobody gains a line", async (stage) => {
  stage.write("f.js", server)
  stage.commit("Server")
  const claude = await stage.agent(opus)
  await claude.edit("f.js", "listen(host, port)\n", "const backlog = 511\nlisten(host, port)\n")
  stage.commit("Backlog")
  const lines = [
    ...by("H", "const port = 8080", "const host = 'localhost'"),
    ...by(claude, "const backlog = 511"),
    ...by("H", "listen(host, port)")
  ]
  stage.write("f.js", crlf(stage.read("f.js")))
  stage.commit("CRLF")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
  const other = await stage.agent(sonnet)
  await other.bash("sed -i 's/\\r$//' f.js")
  await stage.expect("f.js", lines)
  stage.commit("LF")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
  await other.bash("sed -i 's/$/\\r/' f.js")
  stage.commit("CRLF again")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
})

const names = [
  "späße.md",
  "日本/語.md",
  "with space.md",
  'quo"te.md',
  "apo'strophe.md",
  "new\nline.md",
  "tab\there.md",
  "back\\slash.md",
  "-dash.md",
  ":(top)magic.md",
  "star*.md",
  "[a-z].md"
]

scenario(49, "names with anything in them", async (stage) => {
  for (const name of names) stage.write(name, "the first line\nthe last line\n")
  stage.commit("Many names")
  const claude = await stage.agent(opus)
  for (const name of names) await claude.edit(name, "the first line\n", "the first line\nadded by an edit\n")
  await claude.bash(
    "find . -name '*.md' -not -name README.md -exec sh -c 'echo appended by a command >> \"$1\"' - {} \\;"
  )
  const lines = [
    ...by("H", "the first line"),
    ...by(claude, "added by an edit"),
    ...by("H", "the last line"),
    ...by(claude, "appended by a command")
  ]
  for (const name of names) await stage.expect(name, lines)
  const commit = stage.commit("More lines")
  for (const name of names) await stage.expect(name, lines, { of: { revision: commit } })
  await stage.expectIntroduced(
    commit,
    Object.fromEntries(names.map((name) => [name, by(claude, "added by an edit", "appended by a command")]))
  )
})

scenario(49, "content with anything in it: only line feeds end lines", async (stage) => {
  const strange = [
    "naïve café 世界 🎉",
    "e\u0301 is not \u00e9",
    "a\u2028b\u2029c\u0085d",
    "form\ffeed\vtab",
    "car\rriage return",
    "nul\u200bwidth \u{1F468}\u200d\u{1F469}\u200d\u{1F467}"
  ]
  stage.write("f.txt", strange.map((line) => `${line}\n`).join(""))
  stage.commit("Strange")
  const claude = await stage.agent(opus)
  await claude.edit("f.txt", "form\ffeed\vtab\n", "form\ffeed\vtab\nÜberschrift – 標題\n")
  const lines = [
    ...by("H", ...strange.slice(0, 4)),
    ...by(claude, "Überschrift – 標題"),
    ...by("H", ...strange.slice(4))
  ]
  await stage.expect("f.txt", lines)
  stage.commit("Title")
  await stage.expect("f.txt", lines, { of: { revision: "HEAD" } })
})

/** Bytes that are no UTF-8 show as U+FFFD. */
const shownAs = (bytes: Buffer): ReadonlyArray<string> => linesOf(bytes.toString("utf8"))

/** For printf(1). */
const escaped = (bytes: Buffer): string => [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1")
const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16()
/** 你好，世界 and 再见 in GBK. */
const gbk = { hello: [0xc4, 0xe3, 0xba, 0xc3, 0xa3, 0xac, 0xca, 0xc0, 0xbd, 0xe7], bye: [0xd4, 0xd9, 0xbc, 0xfb] }

const encodings: ReadonlyArray<readonly [name: string, person: ReadonlyArray<Buffer>, agent: Buffer]> = [
  ["Latin-1", [latin1("caf\xe9 noir\n"), latin1("th\xe9 vert\n")], latin1("cr\xe8me br\xfbl\xe9e\n")],
  ["GBK", [Buffer.from([...gbk.hello, 0x0a]), Buffer.from("plain\n")], Buffer.from([...gbk.bye, 0x0a])],
  // Big-endian, so that its bytes have line ends where the text has them.
  ["UTF-16", [Buffer.from([0xfe, 0xff]), utf16be("one\n"), utf16be("two\n")], utf16be("three\n")]
]

for (const [name, person, agent] of encodings) {
  scenario(50, `${name}: a person's bytes, and an agent's command that appends to them`, async (stage) => {
    stage.write("f.txt", Buffer.concat(person))
    stage.commit("Bytes")
    const claude = await stage.agent(opus)
    await claude.bash(`printf '${escaped(agent)}' >> f.txt`)
    const lines = [...by("H", ...shownAs(Buffer.concat(person))), ...by(claude, ...shownAs(agent))]
    await stage.expect("f.txt", lines)
    stage.commit("More bytes")
    await stage.expect("f.txt", lines, { of: { revision: "HEAD" } })
  })

  scenario(50, `${name}: an agent's command writes the file, a person appends to it`, async (stage) => {
    const claude = await stage.agent(opus)
    await claude.bash(`printf '${escaped(Buffer.concat(person))}' > f.txt`)
    stage.write("f.txt", Buffer.concat([...person, agent]))
    const lines = [...by(claude, ...shownAs(Buffer.concat(person))), ...by("H", ...shownAs(agent))]
    await stage.expect("f.txt", lines)
    stage.commit("Bytes")
    await stage.expect("f.txt", lines, { of: { revision: "HEAD" } })
  })
}

scenario(50, "two bytes that are no UTF-8 are still two different bytes", async (stage) => {
  const [acute, grave] = [latin1("le caf\xe9 est ferm\xe9\n"), latin1("le caf\xe8 est ferm\xe9\n")]
  stage.write("f.txt", Buffer.concat([latin1("th\xe9 vert\n"), acute]))
  stage.commit("Bytes")
  const claude = await stage.agent(opus)
  await claude.bash("LC_ALL=C sed -i 's/caf\\xe9/caf\\xe8/' f.txt")
  // Both show as the same text, but it is the agent's change all the same.
  const lines = [
    ...by("H", ...shownAs(latin1("th\xe9 vert\n"))),
    ...by(`M ${claude.session} ${opus.model}`, ...shownAs(grave))
  ]
  await stage.expect("f.txt", lines)
  stage.commit("Grave")
  await stage.expect("f.txt", lines, { of: { revision: "HEAD" } })
})

scenario(50, "a byte order mark belongs to no line: adding or dropping it claims nothing", async (stage) => {
  stage.write("f.js", `\ufeff${server}`)
  stage.commit("Server")
  const claude = await stage.agent(opus)
  await claude.edit("f.js", "listen(host, port)\n", "const backlog = 511\nlisten(host, port)\n")
  const lines = [
    ...by("H", "const port = 8080", "const host = 'localhost'"),
    ...by(claude, "const backlog = 511"),
    ...by("H", "listen(host, port)")
  ]
  await stage.expect("f.js", lines)
  stage.commit("Backlog")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
  await claude.bash("sed -i '1s/^\\xef\\xbb\\xbf//' f.js")
  await stage.expect("f.js", lines)
  stage.commit("No mark")
  await stage.expect("f.js", lines, { of: { revision: "HEAD" } })
})

/** The request is refused, for there are no lines; with what reason is for `NotAFile` to say. */
const expectNoLines = async (stage: Stage, file: string, asked: Asked = {}): Promise<void> => {
  const answer = await stage.world.run(Effect.either(Trace.blame([{ file, ...asked }])), stage.cwd)
  const problem = Either.isLeft(answer) ? (answer.left as { readonly _tag: string })._tag : "an answer"
  stage.check(problem === "NotAFile", `blame of ${file} gave ${problem}, not NotAFile`)
}

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64"
)
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a2146".repeat(8)}\nsize 12345\n`

for (const who of ["a person", "an agent"]) {
  scenario(
    51,
    `a binary, a symbolic link and an LFS pointer by ${who}: recorded as files, without lines`,
    async (stage) => {
      stage.write("README.md", "# Pictures\n")
      stage.commit("Pictures")
      if (who === "a person") {
        stage.write("picture.png", png)
        stage.write("model.bin", pointer)
        symlinkSync("README.md", join(stage.cwd, "LINK.md"))
      } else {
        const claude = await stage.agent(opus)
        await claude.bash(`printf '${escaped(png)}' > picture.png`)
        await claude.bash(`cat > model.bin <<'END'\n${pointer}END`)
        await claude.bash("ln -s README.md LINK.md")
      }
      const commit = stage.commit("Files")
      const shown = await stage.expectIntroduced(commit, {})
      for (const [file, kind] of [
        ["picture.png", "binary"],
        ["model.bin", "lfs"],
        ["LINK.md", "symlink"]
      ] as const) {
        const found = shown.files.find(({ path }) => path.endsWith(file))
        stage.check(found?.kind === kind, `${file} is ${found?.kind ?? "not there"}, not ${kind}`)
        await expectNoLines(stage, file)
        await expectNoLines(stage, file, { of: { revision: "HEAD" } })
      }
      // What the link leads to is another file.
      await stage.expect("README.md", by("H", "# Pictures"))
    }
  )
}

scenario(51, "a mode change claims no line", async (stage) => {
  stage.write("run.sh", "#!/bin/sh\nexec make\n")
  stage.commit("Run")
  const claude = await stage.agent(opus)
  await claude.edit("run.sh", "exec make\n", "set -eu\nexec make\n")
  stage.commit("Stop at errors")
  chmodSync(join(stage.cwd, "run.sh"), 0o755)
  const commit = stage.commit("Executable")
  const shown = await stage.expectIntroduced(commit, {})
  const found = shown.files.find(({ path }) => path.endsWith("run.sh"))
  stage.check(found?.kind === "mode", `run.sh is ${found?.kind ?? "not there"}, not mode`)
  await stage.expect(
    "run.sh",
    [
      ["#!/bin/sh", "H"],
      ["set -eu", claude],
      ["exec make", "H"]
    ],
    {
      of: { revision: "HEAD" }
    }
  )
})

scenario(51, "a submodule's pointer has no lines", async (stage) => {
  const library = stage.elsewhere("library")
  stage.git("submodule", "--quiet", "add", library.top, "library")
  const commit = stage.commit("Library")
  const shown = await stage.show(commit)
  const found = shown.files.find(({ path }) => path.endsWith("library"))
  stage.check(found?.kind === "submodule", `library is ${found?.kind ?? "not there"}, not submodule`)
  stage.check(found?.ranges.length === 0, "the submodule has lines")
  await expectNoLines(stage, "library")
  await expectNoLines(stage, "library", { of: { revision: "HEAD" } })
})
