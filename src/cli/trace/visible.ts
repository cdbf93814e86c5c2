/** Texts out of repositories on a terminal: names and messages may hold line ends, and sequences that move the cursor. */

/** With control characters as JSON escapes them. */
export const visible = (text: string): string =>
  text.replace(/\p{Cc}/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** A path, in quotes when it is not all to be seen. */
export const shownPath = (path: string): string => (/\p{Cc}/u.test(path) ? `"${visible(path)}"` : path)
