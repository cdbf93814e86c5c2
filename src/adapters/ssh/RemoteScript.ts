/**
 * What a remote POSIX shell is told. The command line of a request is seen by everyone in the process list, so it holds only a
 * loop that reads the real script from the standard input, up to a line that marks its end. `read` takes such input byte by byte
 * (POSIX.1-2017, sh, INPUT FILES), so that what follows is the command's.
 */
import type { Execution } from "../../app/ports/Backend.ts"

/** One word of a POSIX shell, whatever it holds. Fails on NUL, which no word can hold. */
export const quote = (word: string): string => {
  if (word.includes("\0")) throw new RangeError("a command's words cannot hold a NUL character")
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

export const quoteAll = (words: ReadonlyArray<string>): string => words.map(quote).join(" ")

/** The variable by which all that a command started is found again, whatever its process group. */
export const markVariable = "NEXUS_EXECUTION"

/** `mark`: letters and digits, of no other execution. Neither backslash nor single quote within: any login shell passes it on. */
export const launcher = (mark: string): string =>
  `exec sh -c 's=; while IFS= read -r l && [ "$l" != ${mark} ]; do s="$s$l\n"; done; eval "$s"'`

type Asked = Pick<Execution, "command" | "cwd" | "variables" | "user" | "detach">

/** What the launcher reads: the script, and the line that ends it. Exits with 126 where the folder can't be entered. */
export const script = ({ command, cwd, variables = {}, user, detach = false }: Asked, mark: string): string => {
  const exports = Object.entries({ ...variables, [markVariable]: mark }).map(([name, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name for a variable`)
    return `export ${name}=${quote(value)}`
  })
  const enter = cwd === undefined ? [] : [`cd -- ${quote(cwd.startsWith("-") ? `./${cwd}` : cwd)} || exit 126`]
  const run = user === undefined ? [`exec ${quoteAll(guarded(command))}`] : asUser(user, guarded(command))
  const lines = detach
    ? [
        `command -v ${quote(command[0])} >/dev/null || { echo ${quote(`${command[0]}: not found`)} >&2; exit 127; }`,
        // As nohup(1) has it.
        "trap '' HUP",
        "{",
        ...run,
        "} </dev/null >/dev/null 2>&1 &"
      ]
    : run
  return `${[...exports, ...enter, ...lines].join("\n")}\n${mark}\n`
}

/** A command that begins with a hyphen would be taken for an option. */
const guarded = (command: ReadonlyArray<string>): ReadonlyArray<string> =>
  command[0]?.startsWith("-") === true ? ["--", ...command] : command

/** By what there is: as that user already, as root, or by sudo without a question. The environment goes along, but for the home. */
const asUser = (user: string, command: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(user)) throw new RangeError(`${JSON.stringify(user)} is no name of a user`)
  const words = quoteAll(command)
  return [
    `if [ "$(id -un)" = ${user} ]; then exec ${words}`,
    'elif [ "$(id -u)" != 0 ]; then',
    `  exec sudo -n -E -u ${user} -- ${words}`,
    "elif command -v runuser >/dev/null; then",
    `  HOME=$(eval "echo ~${user}") USER=${user} LOGNAME=${user}`,
    "  export HOME USER LOGNAME",
    `  exec runuser -u ${user} -- ${words}`,
    "else",
    `  exec su -s /bin/sh ${user} -c ${quote(`exec ${words}`)}`,
    "fi"
  ]
}

/** Sends a signal to all that carry the mark; again while new ones appear. Only where there is a /proc. */
export const sweep = (mark: string, signal: string): string =>
  [
    "i=0; while [ $i -lt 5 ]; do i=$((i+1)); n=0",
    `for f in $(grep -ls ${markVariable}=${mark} /proc/[0-9]*/environ); do`,
    `p=\${f#/proc/}; kill -${signal} \${p%/environ} 2>/dev/null && n=1; done`,
    signal === "KILL" ? "[ $n = 1 ] || break" : "break",
    "done"
  ].join("\n")
