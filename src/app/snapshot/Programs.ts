/**
 * What well-known programs write, by their arguments: the POSIX utilities, what GNU and BSD add to them, and git. A program
 * that is not here, or an option that is not understood, may write anything.
 */

/** What one program run writes. Words as in the command; where `history` is set, git also puts files there from its history. */
export interface Writes {
  /** Files and folders, with everything below. */
  readonly targets: ReadonlyArray<string>
  /** Each source that ends up as a target, or below it. */
  readonly moves?: ReadonlyArray<{ readonly from: string; readonly to: string; readonly keeps: boolean }>
  readonly history?: boolean
}

export type Program = (args: ReadonlyArray<string>) => Writes | undefined

const nothing: Writes = { targets: [] }

const readers =
  `: [ alias b2sum base64 basename break cal cat cksum cmp column comm continue cut date declare df diff dirname du echo
  egrep exit export expr false fgrep file fold free grep groups head hexdump history hostname id jobs join kill less let
  local locale ls lsof man md5sum more nl nproc od paste pgrep pkill printenv printf ps pwd read readlink realpath return
  rev rg seq set sha1sum sha256sum sha512sum shift shopt sleep stat strings tac tail test tr trap tree true tty type
  ulimit uname unalias uniq unset uptime wait wc whereis which who whoami xxd yes zcat chmod chown chgrp`.split(/\s+/)

const isOption = (word: string): boolean => word.startsWith("-") && word !== "-"

/** What is no option. `valued`: options whose value is the next word. */
const operands = (args: ReadonlyArray<string>, valued: ReadonlyArray<string> = []): ReadonlyArray<string> => {
  const rest: Array<string> = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ""
    if (word === "--") return [...rest, ...args.slice(index + 1)]
    if (valued.includes(word)) index++
    else if (!isOption(word)) rest.push(word)
  }
  return rest
}

const eachOperand: Program = (args) => ({ targets: operands(args) })

const has = (args: ReadonlyArray<string>, pattern: RegExp): boolean => args.some((word) => pattern.test(word))

const reads: Program = () => nothing

/** Only when no argument asks for a write. */
const readsUnless =
  (pattern: RegExp): Program =>
  (args) =>
    has(args, pattern) ? undefined : nothing

/** `cp`, `mv`, `ln`, `install`: into the last operand, or below it under the source's name. */
const into =
  (keeps: boolean): Program =>
  (args) => {
    if (has(args, /^(?:-\w*[tTS]|--target-directory|--suffix|--backup)/)) return undefined
    const words = operands(args, ["-m", "--mode", "-o", "-g"])
    const to = words.at(-1)
    const sources = words.slice(0, -1)
    if (to === undefined || sources.length === 0) return undefined
    const isFolder = /(?:^|\/)\.{0,2}\/?$/.test(to)
    const inside = sources.map((source) => `${to.replace(/\/$/, "")}/${nameOf(source)}`)
    return {
      targets: [...inside, ...(isFolder ? [] : [to]), ...(keeps ? [] : sources)],
      moves: sources.flatMap((from, index) => [
        { from, to: inside[index] ?? to, keeps },
        ...(isFolder || sources.length > 1 ? [] : [{ from, to, keeps }])
      ])
    }
  }

const nameOf = (path: string): string => path.replace(/\/+$/, "").replace(/^.*\//, "")

const sed: Program = (args) => {
  const scripted = has(args, /^(?:-e|-f|--expression|--file)/)
  const [script = "", ...files] = operands(args, ["-e", "-f", "-l", "--expression", "--file"])
  if (has(args, /^(?:-[nErsuz]*i|--in-place)/)) return { targets: scripted ? [script, ...files] : files }
  // The command and the flag `w` write a file that is named within the script.
  return has(args, /(?:^|[;{}/|#,\dgpIiMm\s])w\s*\S/) ? undefined : nothing
}

const output =
  (option: RegExp, others?: RegExp): Program =>
  (args) => {
    if (others !== undefined && has(args, others)) return undefined
    const at = args.findIndex((word) => option.test(word))
    const value = at < 0 ? undefined : args[at + 1]
    return at < 0 ? nothing : value === undefined ? undefined : { targets: [value] }
  }

const dd: Program = (args) => ({
  targets: args.flatMap((word) => (word.startsWith("of=") ? [word.slice(3)] : []))
})

const patch: Program = (args) => {
  const [file] = operands(args, ["-i", "-p", "-d", "-o", "-r", "--input", "--strip"])
  if (file === undefined || has(args, /^(?:-o|-r|-d|--output|--directory)/)) return undefined
  return { targets: [file, `${file}.orig`, `${file}.rej`] }
}

const gitReads =
  `add archive blame branch bundle cat-file check-ignore config count-objects describe diff diff-tree fetch for-each-ref
  fsck grep help log ls-files ls-remote ls-tree merge-base name-rev notes push range-diff reflog remote rev-list rev-parse
  shortlog show show-ref status symbolic-ref tag var version whatchanged`.split(/\s+/)

/** They change files only to what history, the index or a stash has, or to a merge of these. */
const gitMoves =
  "am bisect checkout cherry-pick commit merge pull read-tree rebase reset restore revert stash switch".split(" ")

const git: Program = ([verb, ...args]) => {
  if (verb === undefined || gitReads.includes(verb)) return nothing
  if (gitMoves.includes(verb)) return { targets: [], history: true }
  if (verb === "mv") return into(false)(args)
  if (verb === "rm") return has(args, /^--cached$/) ? nothing : eachOperand(args)
  return undefined
}

export const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ...readers.map((name) => [name, reads] as const),
  ...["tee", "touch", "truncate", "shred", "unlink", "rm", "rmdir", "mkdir"].map(
    (name) => [name, eachOperand] as const
  ),
  ["cp", into(true)],
  ["install", into(true)],
  ["ln", into(true)],
  ["mv", into(false)],
  ["sed", sed],
  ["dd", dd],
  ["patch", patch],
  ["sort", output(/^(?:-o|--output)$/, /^(?:-o.|--output=)/)],
  ["curl", output(/^(?:-o|--output)$/, /^(?:-[a-zA-Z]*[OJ]|--remote|-o.|--output=|-D|-c|--cookie-jar)/)],
  ["find", readsUnless(/^-(?:delete|exec|execdir|ok|okdir|fls|fprint.*)$/)],
  ["awk", readsUnless(/>|^-i|system|\|/)],
  ["jq", reads],
  ["git", git]
])

const formatters: ReadonlyArray<readonly [program: string, when: RegExp | undefined]> = [
  ["prettier", /^(?:-w|--write)$/],
  ["eslint", /^--fix/],
  ["biome", /^(?:format|check|--write|--fix|--apply)/],
  ["ruff", /^(?:format|--fix)/],
  ["cargo", /^fmt$/],
  ["deno", /^fmt$/],
  ["dprint", /^fmt$/],
  ["terraform", /^fmt$/],
  ["mix", /^format$/],
  ["gofmt", /^-\w*w/],
  ["goimports", /^-\w*w/],
  ["shfmt", /^-\w*w/],
  ["clang-format", /^-i/],
  ["autopep8", /^(?:-\w*i|--in-place)/],
  ["yapf", /^(?:-\w*i|--in-place)/],
  ["standard", /^--fix/],
  ["stylelint", /^--fix/],
  ["oxlint", /^--fix/],
  ["rubocop", /^(?:-[aAx]|--auto)/],
  ...["black", "rustfmt", "oxfmt", "isort", "stylua", "swiftformat"].map((name) => [name, undefined] as const)
]

/** The formatter that these words run, through whatever runner: "prettier", "cargo fmt". */
export const formatterIn = (words: ReadonlyArray<string>): string | undefined => {
  for (const [index, word] of words.entries()) {
    const name = nameOf(word).replace(/@[\w.^~-]+$/, "")
    const found = formatters.find(([program]) => program === name)
    if (found === undefined) continue
    const [, when] = found
    const rest = words.slice(index + 1)
    if (when === undefined ? !has(rest, /^--?(?:check|diff|list-different)$/) : has(rest, when))
      return when?.source === "^fmt$" ? `${name} fmt` : name
  }
  return undefined
}

/** Programs that look at sources, or turn them into what git ignores: what changes beside them is hardly their work. */
const checks =
  /^(?:(?:npx|bunx|uvx|pnpm exec|pnpm dlx|yarn|poetry run|uv run|bundle exec|python3? -m) (?:--?\S+ )*)?(?:\S*\/)?(?:pytest|unittest|tox|nox|mypy|pyright|flake8|pylint|jest|vitest|mocha|ava|tap|playwright|cypress|tsc|vue-tsc|eslint|oxlint|knip|rspec|phpunit|phpstan|ctest|ruff check|cargo (?:test|check|clippy|build|bench|run)|go (?:test|vet|build|run)|node --test|deno (?:test|check|lint)|dotnet (?:test|build)|gradlew? (?:test|check|build)|mvn (?:test|verify)|swift (?:test|build)|make (?:test|check|lint)|(?:npm|pnpm|yarn|bun)(?: run)? (?:--?\S+ )*(?:t|test|tests|lint|check|types?|typecheck|build|start|dev|ci)(?:[:.-][\w:.-]*)?)(?: |$)/

const fixes =
  /^(?:-u|-w|-i|--(?:fix|write|update|accept|bless|apply|in-place|updateSnapshot|update-snapshots?)\b.*)$|:(?:fix|write)$/

/** Whether these words only check something. */
export const isCheck = (words: ReadonlyArray<string>): boolean => checks.test(words.join(" ")) && !has(words, fixes)
