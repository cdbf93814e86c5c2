import { describe, expect, it } from "vitest"
import { riskIn } from "../../../src/domain/workspace/Risk.ts"

const risky = [
  "git reset --hard",
  "git reset --hard HEAD~1 && npm test",
  "git -C sub -c a.b=c reset --hard",
  "git clean -fdx",
  "git clean -d --force",
  "git checkout -- .",
  "git checkout -- src/a.ts",
  "git checkout .",
  "git checkout -f main",
  "git restore .",
  "git restore --staged --worktree a",
  "git switch --discard-changes main",
  "git stash drop",
  "git stash clear",
  "git branch -D feature",
  "git branch --delete --force feature",
  "git push --force",
  "git push -f origin main",
  "git push --force-with-lease=main",
  "git push origin +main",
  "git push origin :main",
  "git rebase -i HEAD~3",
  "git merge --abort",
  "git pull --rebase",
  "git update-ref -d refs/heads/x",
  "git reflog expire --all",
  "rm -rf build",
  "rm -fr -- build",
  "rm --recursive build",
  "/bin/rm -Rf x",
  "rm *.log",
  "find . -name '*.tmp' -delete",
  "find . -exec rm {} +",
  "git ls-files -o | xargs rm -r",
  "ls | xargs -0 -n 1 rm -rf",
  "truncate -s 0 a.txt",
  "dd if=/dev/zero of=a.img",
  "mkfs.ext4 /dev/sda",
  "mkfs /dev/sda",
  "shred a",
  "rsync -a --delete a/ b/",
  "sudo -n rm -rf x",
  "env A=1 git reset --hard",
  "timeout 30s git clean -fd",
  "cd src && (git checkout .)",
  "if true; then git reset --hard; fi",
  `sh -c "git reset --hard"`,
  `bash -lc 'cd x; rm -rf y'`,
  "A=1 rm -r x",
  "git \\\n reset \\\n --hard",
  "echo $(rm -rf x)",
  "echo `rm -rf x`"
]

const harmless = [
  "",
  "ls -la",
  "npm test",
  "git status",
  "git diff --stat",
  "git add -A && git commit -m 'rm -rf in a message'",
  "git reset",
  "git reset --soft HEAD~1",
  "git reset HEAD a",
  "git clean -n",
  "git clean -fn",
  "git checkout main",
  "git checkout -b feature",
  "git restore --staged a",
  "git restore -S a",
  "git switch -c feature",
  "git stash",
  "git stash pop",
  "git branch -d feature",
  "git branch --list",
  "git push",
  "git push origin main",
  "git push -u origin main",
  "git pull --ff-only",
  "git log --grep=reset --oneline",
  "rm a.txt",
  "rm -f a.txt",
  "find . -name '*.ts'",
  "dd --version",
  "rsync -a a/ b/",
  "cat rm",
  "npm run rm-rf",
  "grep -rn 'git' src",
  "echo > file"
]

describe("a command", () => {
  it.each(risky)("can lose work: %s", (command) => {
    expect(riskIn(command)).toBeDefined()
  })

  it.each(harmless)("loses no work: %s", (command) => {
    expect(riskIn(command)).toBeUndefined()
  })

  it("is told by the part of it that can", () => {
    expect(riskIn("cd src && git reset --hard HEAD~2; ls")).toBe("git reset --hard HEAD~2")
  })

  it("is read in no time, however long it is", () => {
    const began = performance.now()
    for (const text of [
      `echo ${"a".repeat(1_000_000)}`,
      `git ${"-c ".repeat(200_000)}`,
      `rm ${"'".repeat(500_000)}`,
      "(".repeat(500_000)
    ])
      riskIn(text)
    expect(performance.now() - began).toBeLessThan(2000)
  })
})
