/** Takes the options that may stand anywhere off a command line. */

export interface Globals {
  readonly json: boolean
  readonly home: string | undefined
  /** The command line without them. */
  readonly rest: ReadonlyArray<string>
}

/** Undefined home with a trailing `--home`: its value is missing, and stays on the command line to be complained about. */
export const takeGlobals = (args: ReadonlyArray<string>): Globals => {
  const rest: Array<string> = []
  let json = false
  let home: string | undefined
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ""
    const next = args[index + 1]
    if (word === "--") {
      rest.push(...args.slice(index))
      break
    }
    if (word === "--json") json = true
    else if (word.startsWith("--home=")) home = word.slice("--home=".length)
    else if (word === "--home" && next !== undefined) {
      home = next
      index += 1
    } else rest.push(word)
  }
  return { json, home, rest }
}
