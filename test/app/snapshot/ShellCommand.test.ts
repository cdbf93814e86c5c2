import { describe, expect, it } from "vitest"
import { commandWrites } from "../../../src/app/snapshot/ShellCommand.ts"

const files = [
  "a.ts",
  "b.ts",
  "src/a.ts",
  "src/deep/a.ts",
  "out.txt",
  "out1.txt",
  "dir/a.ts",
  "app/[id]/page.tsx",
  "my file.txt"
]

/** The files that a command names, and whether it can write others. */
const told = (command: string): string => {
  const writes = commandWrites(command, "/r")
  const named = files.filter((file) => writes.names(`/r/${file}`))
  return [writes.closed ? "only" : "at least", ...named].join(" ")
}

describe("a command writes", () => {
  it.each([
    ["cat a.ts | grep -n x | head -3 > /dev/null 2>&1", "only"],
    ["echo x > out.txt; echo y >> a.ts", "only a.ts out.txt"],
    ["cat > out.txt <<'EOF'\necho x > a.ts\nit's\nEOF\nls", "only out.txt"],
    ["cat <<A > a.ts; cat <<-B > b.ts\nA text\nA\n\tB", "only a.ts b.ts"],
    ["echo a#b > out.txt # > a.ts\nls", "only out.txt"],
    ["ls | tee out.txt", "only out.txt"],
    ["sed -n 's/a/b/p' a.ts", "only"],
    ["sed -i.bak -e s/a/b/ src/*.ts", "only src/a.ts"],
    ["sed 's/a/b/w out.txt' a.ts", "at least a.ts out.txt"],
    ["mv a.ts dir/", "only a.ts dir/a.ts"],
    ["cp -r src dir", "only dir/a.ts"],
    ["cp ../x/a.ts .", "only a.ts"],
    ["rm -rf src", "only src/a.ts src/deep/a.ts"],
    ["touch {a,b}.ts", "only a.ts b.ts"],
    ["git mv a.ts b.ts && git rm --cached out.txt", "only a.ts b.ts"],
    ["git -C src rm a.ts", "only src/a.ts"],
    ["git add -A && git commit -m \"$(cat <<'EOF'\nfix: x > out.txt (it's)\nEOF\n)\" && git push", "only"],
    ["echo x > 'my file.txt'", "only my file.txt"],
    ["echo x > app/[id]/page.tsx", "only app/[id]/page.tsx"],
    ["for i in 1 2; do echo $i > out$i.txt; done", "only out1.txt"],
    ['for f in a.ts b.ts; do sed -i s/x/y/ "$f"; done', "only a.ts b.ts"],
    ["F=out.txt; echo x > $F", "only out.txt"],
    ["(cd src; echo x > a.ts); echo y > b.ts", "only b.ts src/a.ts"],
    ["cd src && echo x > a.ts", "only src/a.ts"],
    ['cd "$X" && echo x > a.ts', "at least a.ts"],
    ["if [ -f a.ts ]; then echo x > out.txt; fi", "only out.txt"],
    ["echo $(touch a.ts) `touch b.ts`", "only a.ts b.ts"],
    ["diff <(sort a.ts) b.ts > out.txt", "only out.txt"],
    ["sudo env A=1 timeout 5 tee out.txt", "only out.txt"],
    ["sort -o out.txt a.ts", "only out.txt"],
    ["find . -name '*.ts' | xargs grep x", "only"],
    ["awk '{ print $1 }' a.ts", "only"]
  ])("%s: %s", (command, expected) => {
    expect(told(command)).toBe(expected)
  })
})

describe("a command may write anything", () => {
  it.each([
    ["npx prettier --write src/", "at least src/a.ts src/deep/a.ts"],
    ["npm test", "at least"],
    ["python3 - <<'E'\nopen('src/a.ts', 'w')\nE", "at least src/a.ts"],
    ["find . -name x -delete", "at least"],
    ["find . | xargs sed -i s/a/b/", "at least"],
    ['echo x > "$OUT"', "at least"],
    ["awk '{ print > \"out.txt\" }' a.ts", "at least a.ts out.txt"],
    ["cat <<EOF > a.ts\n$(make)\nEOF", "at least a.ts"],
    ["f() { rm a.ts; }; f", "at least a.ts"],
    ["git apply x.patch", "at least"],
    ['eval "$X"', "at least"],
    ["echo 'unfinished", "at least"],
    ["curl -O https://localhost/out.txt", "at least"]
  ])("%s: %s", (command, expected) => {
    expect(told(command)).toBe(expected)
  })
})

describe("of a command", () => {
  it("is told where a file comes from", () => {
    const writes = commandWrites("mv a.ts dir/ && cp -r src lib && git mv b.ts c.ts", "/r")
    expect(writes.origin("/r/dir/a.ts")).toEqual({ from: "/r/a.ts", keeps: false })
    expect(writes.origin("/r/lib/deep/a.ts")).toEqual({ from: "/r/src/deep/a.ts", keeps: true })
    expect(writes.origin("/r/c.ts")).toEqual({ from: "/r/b.ts", keeps: false })
    expect(writes.origin("/r/other.ts")).toBeUndefined()
  })

  it.each([
    ["npx prettier@3 --write .", "prettier"],
    ["npx prettier --check .", undefined],
    ["cargo fmt --all", "cargo fmt"],
    ["pnpm exec eslint --fix src", "eslint"],
    ["eslint src", undefined],
    ["cd src && ruff format", "ruff"],
    ["black --check .", undefined],
    ["gofmt -l -w .", "gofmt"]
  ])("%s: the formatter is %s", (command, formatter) => {
    expect(commandWrites(command, "/r").formatter).toBe(formatter)
  })

  it.each([
    ["git checkout other", true],
    ["git stash pop && git merge x", true],
    ["git status", false]
  ])("%s: whether git puts files there is %s", (command, history) => {
    const writes = commandWrites(command, "/r")
    expect([writes.history, writes.nothing]).toEqual([history, true])
  })
})
