/** Text as attribution sees it: lines without their ends, so that a change of line ends claims nothing. */

/** The lines of a text, without line ends (LF or CRLF) and without a byte order mark. A last line needs no line end. */
export const linesOf = (text: string): ReadonlyArray<string> => {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const lines: Array<string> = []
  let from = start
  for (let end = text.indexOf("\n", from); end !== -1; end = text.indexOf("\n", from)) {
    lines.push(text.slice(from, end > from && text.charCodeAt(end - 1) === 0x0d ? end - 1 : end))
    from = end + 1
  }
  if (from < text.length) lines.push(text.endsWith("\r") ? text.slice(from, -1) : text.slice(from))
  return lines
}
