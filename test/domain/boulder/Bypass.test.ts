import { describe, expect, it } from "vitest"
import { isBypass } from "../../../src/domain/boulder/Bypass.ts"

describe("a command past the project's hooks", () => {
  it.each([
    "git commit --no-verify -m wip",
    "git commit -n -m wip",
    "git commit -anm wip",
    "git add . && git commit -nm 'feat: x'",
    "cd repo\ngit push --no-verify",
    "HUSKY=0 git commit -m x",
    "SKIP=eslint git commit -m x",
    "env LEFTHOOK=0 git commit -m x",
    "git -c core.hooksPath=/dev/null commit -m x",
    "/usr/bin/git -C repo commit --no-verify",
    "(git commit \\\n  --no-verify)"
  ])("is %j", (command) => expect(isBypass(command)).toBe(true))

  it.each([
    'git commit -m "feat: x"\nsed -n 1,5p README.md',
    'git commit -m "docs: explain --no-verify"',
    "git commit -m 'wip -n'",
    "git log --grep=commit -n 5",
    "git log --oneline --author commit -n 5",
    "git commit -uno -m x",
    "grep -rn commit .",
    "echo HUSKY=0",
    "git -c user.name=n commit -m x",
    "SKIP=1 npm test",
    "git push origin main"
  ])("is not %j", (command) => expect(isBypass(command)).toBe(false))
})
