/** Which commands of OpenCode are started again, and how. */
import { describe, expect, it } from "vitest"
import { relaunch } from "../../../../src/adapters/agents/opencode/Relaunch.ts"

const again = (...command: ReadonlyArray<string>) => {
  const found = relaunch(command)
  return found !== undefined && "again" in found ? found.again("ses_1") : found
}

describe("opencode run", () => {
  it("goes on in the same conversation, without what was of its first prompt", () => {
    const expected = ["opencode", "run", "--session", "ses_1"]
    expect(again("opencode", "run", "Do it")).toEqual(expected)
    expect(again("opencode", "run", "-c", "--fork", "--title", "A title", "-f", "a.txt", "Do", "it")).toEqual(expected)
    expect(again("opencode", "run", "-s", "ses_0", "--command=init", "--", "--auto")).toEqual(expected)
  })

  it("keeps every other option as it was written", () =>
    expect(
      again("/opt/bin/opencode", "run", "-m", "a/b", "--auto", "--agent=build", "Do it", "--format", "json")
    ).toEqual([
      "/opt/bin/opencode",
      "run",
      "-m",
      "a/b",
      "--auto",
      "--agent=build",
      "--format",
      "json",
      "--session",
      "ses_1"
    ]))

  it("is refused where it goes on by itself, tells of no stop, or can't be written again for sure", () => {
    for (const option of ["--attach=http://localhost:1", "-i", "--pure", "--frob"])
      expect(again("opencode", "run", option, "Do it")).toEqual({ refused: expect.any(String) })
    expect(again("opencode", "run", "--frob=1", "Do it")).toEqual(["opencode", "run", "--frob=1", "--session", "ses_1"])
  })

  it("is no other command", () => {
    for (const command of [["opencode"], ["opencode", "serve"], ["claude", "-p", "run"], []])
      expect(relaunch(command)).toBeUndefined()
  })
})
