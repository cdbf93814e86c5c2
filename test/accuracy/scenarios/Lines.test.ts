/** 52, 56, 57, 63 to 69: who wrote which line of a block, and which columns of a line. */
import { haiku, opus, sonnet } from "../Agent.ts"
import { by, noted } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

scenario(52, "two models take turns in one block: each line has its own", async (stage) => {
  const first = await stage.agent(opus)
  const second = await stage.agent(sonnet)
  await first.write("f.ts", "export const north = 'N'\nexport const east = 'E'\nexport const west = 'W'\n")
  await second.edit(
    "f.ts",
    "export const east = 'E'\n",
    "export const east = 'E'\nexport const south = 'S'\nexport const centre = 'C'\n"
  )
  await first.edit("f.ts", "export const south = 'S'\n", "export const south = 'S'\nexport const zenith = 'Z'\n")
  const lines = [
    ...by(first, "export const north = 'N'", "export const east = 'E'"),
    ...by(second, "export const south = 'S'"),
    ...by(first, "export const zenith = 'Z'"),
    ...by(second, "export const centre = 'C'"),
    ...by(first, "export const west = 'W'")
  ]
  await stage.expect("f.ts", lines)
  const commit = stage.commit("Directions")
  await stage.expect("f.ts", lines, { of: { revision: commit } })
  await stage.expectIntroduced(commit, { "f.ts": lines })
})

scenario(56, "blank lines inside an agent's block are the agent's", async (stage) => {
  stage.write("f.py", "import sys\nprint(sys.argv)\n")
  stage.commit("Arguments")
  const claude = await stage.agent(opus)
  await claude.edit(
    "f.py",
    "import sys\n",
    "import sys\n\n\ndef usage():\n\n    print('usage')\n    \n    sys.exit(2)\n\n\n"
  )
  const lines = [
    ...by("H", "import sys"),
    ...by(claude, "", "", "def usage():", "", "    print('usage')", "    ", "    sys.exit(2)", "", ""),
    ...by("H", "print(sys.argv)")
  ]
  await stage.expect("f.py", lines)
  stage.commit("Usage")
  await stage.expect("f.py", lines, { of: { revision: "HEAD" } })
})

scenario(57, "on disk, in the index and at HEAD: three contents, each with its owners", async (stage) => {
  stage.write("f.ts", "export const port = 8080\n")
  stage.commit("Port")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "export const port = 8080\n", "export const port = 8080\nexport const host = 'localhost'\n")
  const head = stage.commit("Host")
  const other = await stage.agent(sonnet)
  await other.edit(
    "f.ts",
    "export const host = 'localhost'\n",
    "export const host = 'localhost'\nexport const path = '/'\n"
  )
  stage.git("add", "f.ts")
  await claude.edit("f.ts", "export const path = '/'\n", "export const path = '/'\nexport const scheme = 'https'\n")
  stage.write("f.ts", `// Where we listen.\n${stage.read("f.ts")}`)

  const committed = [
    ...noted({ pending: false }, by("H", "export const port = 8080")),
    ...noted({ commit: head }, by(claude, "export const host = 'localhost'"))
  ]
  const staged = [...committed, ...noted({ pending: true }, by(other, "export const path = '/'"))]
  const disk = [
    ...noted({ pending: true }, by("H", "// Where we listen.")),
    ...staged,
    ...noted({ pending: true }, by(claude, "export const scheme = 'https'"))
  ]
  await stage.expect("f.ts", committed, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", staged, { of: "index" })
  await stage.expect("f.ts", disk, { of: "worktree" })
})

scenario(57, "a new file before its first commit, untracked and staged", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("new.ts", "export const port = 8080\n")
  const lines = noted({ pending: true }, by(claude, "export const port = 8080"))
  await stage.expect("new.ts", lines)
  stage.git("add", "new.ts")
  await stage.expect("new.ts", lines, { of: "index" })
  await stage.expect("new.ts", lines)
})

scenario(63, "the person changed the proposal before accepting it: mixed", async (stage) => {
  stage.write("f.ts", "export const port = 8080\n")
  stage.commit("Port")
  const claude = await stage.agent(opus)
  await claude.edit(
    "f.ts",
    "export const port = 8080\n",
    "export const port = 8080\nexport const host = '127.0.0.1'\nexport const path = '/'\n",
    { response: { userModified: true } }
  )
  await claude.write("new.ts", "export const scheme = 'https'\n", { userModified: true })
  const mixed = "M s1 claude-opus-4-5"
  const lines = [
    ...by("H", "export const port = 8080"),
    ...by(mixed, "export const host = '127.0.0.1'", "export const path = '/'")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("new.ts", by(mixed, "export const scheme = 'https'"))
  stage.commit("Host")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(64, "an agent changes one token of a person's line: mixed, and by columns", async (stage) => {
  stage.write("f.ts", "const limit = 10\nconst retries = 3\nrun(limit, retries)\n")
  stage.commit("Limits")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "const limit = 10", "const limit = 25")
  await claude.edit("f.ts", "run(limit, retries)", "run(limit, retries, signal)")
  const lines = [
    [
      "const limit = 25",
      "M s1 claude-opus-4-5",
      {
        columns: [
          [1, 14, "H"],
          [15, 16, claude]
        ]
      }
    ],
    ["const retries = 3", "H"],
    [
      "run(limit, retries, signal)",
      "M s1 claude-opus-4-5",
      {
        columns: [
          [1, 18, "H"],
          [19, 26, claude],
          [27, 27, "H"]
        ]
      }
    ]
  ] as const
  await stage.expect("f.ts", lines)
  stage.commit("Limits")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(65, "a person changes one token of an agent's line: mixed, and by columns", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("f.ts", "const limit = 10\nconst retries = 3\nrun(limit, retries)\n")
  stage.change("f.ts", "limit = 10", "limit = 25")
  const lines = [
    [
      "const limit = 25",
      "M s1 claude-opus-4-5",
      {
        columns: [
          [1, 14, claude],
          [15, 16, "H"]
        ]
      }
    ],
    ...by(claude, "const retries = 3", "run(limit, retries)")
  ] as const
  await stage.expect("f.ts", lines)
  stage.commit("Limits")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  // And in a commit of its own, in a line that is committed.
  stage.change("f.ts", "retries = 3", "retries = 5")
  stage.commit("Try more")
  await stage.expect(
    "f.ts",
    [
      ["const limit = 25", "M s1 claude-opus-4-5"],
      [
        "const retries = 5",
        "M s1 claude-opus-4-5",
        {
          columns: [
            [1, 16, claude],
            [17, 17, "H"]
          ]
        }
      ],
      ["run(limit, retries)", claude]
    ],
    { of: { revision: "HEAD" } }
  )
})

scenario(66, "equal lines, one of them a person's: the place decides", async (stage) => {
  stage.write("f.ts", "begin()\nlog('done')\nend()\n")
  stage.commit("Log")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "end()\n", "end()\nlog('done')\n")
  await claude.edit("f.ts", "begin()\n", "log('done')\nbegin()\n")
  const lines = [
    ...by(claude, "log('done')"),
    ...by("H", "begin()", "log('done')", "end()"),
    ...by(claude, "log('done')")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Log more")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(66, "an agent's function after one that ends alike: its own bracket, not the person's", async (stage) => {
  stage.write("f.ts", "function north() {\n  return 'N'\n}\n")
  stage.commit("North")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "  return 'N'\n}\n", "  return 'N'\n}\n\nfunction south() {\n  return 'S'\n}\n")
  const lines = [
    ...by("H", "function north() {", "  return 'N'", "}"),
    ...by(claude, "", "function south() {", "  return 'S'", "}")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("South")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(
  66,
  "a blank line at the edge of what an agent put in: one of two is the agent's, the one that git calls new",
  async (stage) => {
    stage.write("f.py", "import sys\n\nprint(sys.argv)\n")
    stage.commit("Arguments")
    const claude = await stage.agent(opus)
    // Which of the two is the person's, no content tells; a record's look-up goes by git blame, so blame does too.
    await claude.edit("f.py", "import sys\n", "import sys\n\ndef usage():\n    sys.exit(2)\n")
    const lines = [
      ...by("H", "import sys", ""),
      ...by(claude, "def usage():", "    sys.exit(2)", ""),
      ...by("H", "print(sys.argv)")
    ]
    await stage.expect("f.py", lines)
    stage.commit("Usage")
    await stage.expect("f.py", lines, { of: { revision: "HEAD" } })
  }
)

scenario(67, "replace_all with five hits: five ranges", async (stage) => {
  const filled = "export function filled() { return null }"
  stage.write("f.ts", "A\n// TODO\nB\n// TODO\nC\n// TODO\nD\n// TODO\nE\n// TODO\nF\n")
  stage.commit("To do")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "// TODO", filled, { replaceAll: true })
  const lines = ["A", "B", "C", "D", "E"].flatMap((letter) => [...by("H", letter), ...by(claude, filled)])
  await stage.expect("f.ts", [...lines, ...by("H", "F")])
  const commit = stage.commit("Done")
  const shown = await stage.expectIntroduced(commit, { "f.ts": by(claude, filled, filled, filled, filled, filled) })
  const ranges = shown.files[0]?.ranges.map(({ start, end }) => `${start}-${end}`).join(" ")
  stage.check(ranges === "2-2 4-4 6-6 8-8 10-10", `the ranges are ${ranges}`)
})

scenario(67, "replace_all within five lines of a person: five mixed lines", async (stage) => {
  const line = (name: string, letter: string) => `${name}('${letter}', options)`
  const letters = ["a", "b", "c", "d", "e"]
  stage.write("f.ts", letters.map((letter) => `${line("send", letter)}\n`).join("await flush()\n"))
  stage.commit("Send")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "send(", "publish(", { replaceAll: true })
  const lines = letters.flatMap((letter, index) => [
    ...(index === 0 ? [] : by("H", "await flush()")),
    [
      line("publish", letter),
      "M s1 claude-opus-4-5",
      {
        columns: [
          [1, 7, claude],
          [8, 21, "H"]
        ]
      }
    ] as const
  ])
  await stage.expect("f.ts", lines)
  stage.commit("Publish")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(68, "a subagent's edits: its own model, the session of the agent that it works for", async (stage) => {
  stage.write("f.ts", "export const port = 8080\n")
  stage.commit("Port")
  const claude = await stage.agent(opus)
  const helper = await claude.subagent("agent-7", "claude-haiku-4-5")
  await claude.edit("f.ts", "export const port = 8080\n", "export const port = 8080\nexport const host = 'localhost'\n")
  await helper.edit(
    "f.ts",
    "export const host = 'localhost'\n",
    "export const host = 'localhost'\nexport const path = '/'\n"
  )
  await helper.bash("echo \"export const scheme = 'https'\" >> f.ts")
  await helper.stop()
  await claude.edit("f.ts", "export const path = '/'\n", "export const path = '/'\nexport const query = ''\n")
  const lines = [
    ["export const port = 8080", "H"],
    ["export const host = 'localhost'", "A s1 claude-opus-4-5"],
    ["export const path = '/'", "A s1 claude-haiku-4-5"],
    ["export const query = ''", "A s1 claude-opus-4-5"],
    ["export const scheme = 'https'", "A s1 claude-haiku-4-5"]
  ] as const
  await stage.expect("f.ts", lines)
  stage.commit("Address")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(69, "the model is switched in the middle: each edit has the one that made it", async (stage) => {
  const claude = await stage.agent(haiku)
  await claude.write("f.ts", "export const port = 8080\n")
  await claude.switchModel("claude-opus-4-5")
  await claude.edit("f.ts", "export const port = 8080\n", "export const port = 8080\nexport const host = 'localhost'\n")
  stage.commit("Host")
  await claude.switchModel("claude-sonnet-4-5")
  await claude.bash("echo \"export const path = '/'\" >> f.ts")
  const lines = [
    ["export const port = 8080", "A s3 claude-haiku-4-5"],
    ["export const host = 'localhost'", "A s3 claude-opus-4-5"],
    ["export const path = '/'", "A s3 claude-sonnet-4-5"]
  ] as const
  await stage.expect("f.ts", lines)
  stage.commit("Path")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})
