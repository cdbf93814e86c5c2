/** Text for tooltips and hovers. */
import * as vscode from "vscode"

/** Lines of plain text as they are: what is in a task's title or a file's name is no markup, link or image. */
export const markdown = (lines: ReadonlyArray<string>): vscode.MarkdownString => {
  const text = new vscode.MarkdownString()
  lines.forEach((line, index) => {
    if (index > 0) text.appendMarkdown("\n\n")
    text.appendText(line)
  })
  return text
}
