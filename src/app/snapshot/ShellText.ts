/**
 * A shell's command line made ready to be split into words: on one line, without comments and here-documents, and what
 * runs inside of words (command and process substitutions) taken out to be read by itself.
 *
 * Source: POSIX.1-2024, XCU 2.2 (quoting), 2.3 (tokens), 2.6.3 (command substitution), 2.7.4 (here-document).
 */

/** Stands in a word for text that only the shell knows: a character that no command has. */
export const unknownText = "\u{F0002}"

export interface ShellText {
  /** Newlines are ";" and substitutions are `unknownText`. */
  readonly line: string
  /** The commands of substitutions. */
  readonly inner: ReadonlyArray<string>
}

/** Undefined for what cannot be read: an open quote, a here-document that expands commands. */
export const readShellText = (command: string): ShellText | undefined => {
  const reader = new Reader(command)
  const line = reader.read("")
  return line === undefined || reader.pending() ? undefined : { line, inner: reader.inner }
}

class Reader {
  readonly inner: Array<string> = []
  readonly #text: string
  #at = 0
  /** Here-documents whose bodies begin on the next line. */
  #documents: Array<{ readonly end: string; readonly tabs: boolean; readonly quoted: boolean }> = []

  constructor(text: string) {
    this.#text = text
  }

  pending(): boolean {
    return this.#documents.length > 0
  }

  /** Up to `close` (")" or "`"), or to the end for "". Undefined when that is not found. */
  read(close: string): string | undefined {
    let line = ""
    let depth = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charAt(this.#at)
      if (char === close && depth === 0) return line
      if (char === "'") {
        const end = this.#text.indexOf("'", this.#at + 1)
        if (end < 0) return undefined
        line += this.#text.slice(this.#at, end + 1)
        this.#at = end
      } else if (char === '"') {
        const quoted = this.#quoted()
        if (quoted === undefined) return undefined
        line += quoted
      } else if (char === "\\") {
        const next = this.#text.charAt(++this.#at)
        if (next !== "\n") line += `\\${next}`
      } else if (char === "\n") {
        this.#at++
        if (!this.#bodies()) return undefined
        this.#at--
        line += " ; "
      } else if (char === "#") {
        if (/(?:^|[\s;&|()])$/.test(line)) this.#at = this.#lineEnd() - 1
        else line += "\\#"
      } else if (this.#text.startsWith("<<", this.#at) && !this.#text.startsWith("<<<", this.#at)) {
        if (!this.#document()) return undefined
      } else if (this.#text.startsWith("<<<", this.#at)) {
        line += "<<<"
        this.#at += 2
      } else {
        const substituted = this.#substitution()
        if (substituted === undefined) return undefined
        if (substituted) line += unknownText
        else {
          if (char === "(") depth++
          if (char === ")") depth--
          line += char
        }
      }
    }
    return close === "" ? line : undefined
  }

  /** A double-quoted string from its first quote to its last. */
  #quoted(): string | undefined {
    let text = '"'
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charAt(this.#at)
      if (char === '"') return `${text}"`
      if (char === "\\") {
        text += char + this.#text.charAt(++this.#at)
        continue
      }
      const substituted = char === "$" || char === "`" ? this.#substitution() : false
      if (substituted === undefined) return undefined
      text += substituted ? unknownText : char
    }
    return undefined
  }

  /** Takes a substitution that begins here, and stands on its last character then. False: none does. Undefined: no end. */
  #substitution(): boolean | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 3)
    const from = this.#at
    if (rest === "$((") {
      const end = this.#text.indexOf("))", this.#at)
      if (end < 0 || /\$\(|`/.test(this.#text.slice(from + 3, end))) return undefined
      this.#at = end + 1
      return true
    }
    const opener = /^(?:\$\(|[<>]\(|`)/.exec(rest)?.[0]
    if (opener === undefined) return false
    this.#at += opener.length
    const begin = this.#at
    if (this.read(opener === "`" ? "`" : ")") === undefined) return undefined
    this.inner.push(this.#text.slice(begin, this.#at))
    return true
  }

  /** Notes a here-document and its delimiter. */
  #document(): boolean {
    const found = /^<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|<>()'"\\])+)/.exec(
      this.#text.slice(this.#at, this.#at + 200)
    )
    if (found === null) return false
    const word = found[2] ?? ""
    this.#documents.push({
      end: word.replace(/['"\\]/g, ""),
      tabs: found[1] === "-",
      quoted: /['"\\]/.test(word)
    })
    this.#at += found[0].length - 1
    return true
  }

  /** Passes over the bodies of here-documents that begin here. */
  #bodies(): boolean {
    for (const { end, tabs, quoted } of this.#documents.splice(0)) {
      for (;;) {
        if (this.#at >= this.#text.length) return false
        const stop = this.#lineEnd()
        const line = this.#text.slice(this.#at, stop)
        // A delimiter may be the last thing of all, or stand before the end of the substitution that it is in.
        this.#at = Math.min(stop + 1, this.#text.length + 1)
        if ((tabs ? line.replace(/^\t+/, "") : line) === end) break
        if (!quoted && /\$\(|`/.test(line.replace(/\\./g, ""))) return false
      }
    }
    return true
  }

  #lineEnd(): number {
    const end = this.#text.indexOf("\n", this.#at)
    return end < 0 ? this.#text.length : end
  }
}
