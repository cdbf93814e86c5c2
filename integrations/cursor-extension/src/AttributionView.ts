/** Who wrote each line, in the gutter of the active editor and on hover. */
import * as vscode from "vscode"
import { type Attribution, attributionOf, type Kind, kinds } from "./model/Attribution.ts"
import { markdown } from "./markdown.ts"
import type { Nexus } from "./Nexus.ts"

const ruler: Readonly<Record<Kind, string>> = {
  ai: "charts.purple",
  human: "charts.green",
  mixed: "charts.yellow",
  unknown: "charts.lines"
}

export class AttributionView implements vscode.HoverProvider, vscode.Disposable {
  readonly #nexus: Nexus
  readonly #types: ReadonlyMap<Kind, vscode.TextEditorDecorationType>
  readonly #registered: vscode.Disposable
  #isOn: boolean
  #shown: { readonly uri: string; readonly attribution: Attribution } | undefined

  constructor(nexus: Nexus, extension: vscode.Uri, isOn: boolean) {
    this.#nexus = nexus
    this.#isOn = isOn
    this.#types = new Map(
      kinds.map((kind) => [
        kind,
        vscode.window.createTextEditorDecorationType({
          gutterIconPath: vscode.Uri.joinPath(extension, "media", `${kind}.svg`),
          gutterIconSize: "contain",
          overviewRulerColor: new vscode.ThemeColor(ruler[kind]),
          overviewRulerLane: vscode.OverviewRulerLane.Left
        })
      ])
    )
    this.#registered = vscode.languages.registerHoverProvider({ scheme: "file" }, this)
  }

  async toggle(): Promise<void> {
    this.#isOn = !this.#isOn
    await this.refresh()
  }

  /** Asks about the file of the active editor. A file that is not saved is not what was recorded, so nothing is shown of it. */
  async refresh(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (editor === undefined) return
    const { document } = editor
    const isAsked = this.#isOn && document.uri.scheme === "file" && !document.isDirty
    const folder = isAsked ? vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath : undefined
    if (folder === undefined) return this.clear(editor)
    const { version } = document
    const answer = await this.#nexus.json(["trace", "blame", document.uri.fsPath], folder)
    // Meanwhile something was typed, or another file is looked at: what was asked for does not matter any more.
    if (vscode.window.activeTextEditor !== editor || document.version !== version || !this.#isOn) return
    if (!answer.ok) return this.clear(editor)
    const attribution = attributionOf(answer.value)
    this.#shown = { uri: document.uri.toString(), attribution }
    for (const [kind, type] of this.#types) {
      const own = attribution.stretches.filter((one) => one.kind === kind && one.start < document.lineCount)
      editor.setDecorations(
        type,
        own.map(({ start, end }) => new vscode.Range(start, 0, Math.min(end, document.lineCount - 1), 0))
      )
    }
  }

  clear(editor: vscode.TextEditor): void {
    if (this.#shown?.uri === editor.document.uri.toString()) this.#shown = undefined
    for (const type of this.#types.values()) editor.setDecorations(type, [])
  }

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    if (this.#shown?.uri !== document.uri.toString() || document.isDirty) return undefined
    const lines = this.#shown.attribution.hover(position.line)
    return lines.length === 0 ? undefined : new vscode.Hover(markdown(lines))
  }

  dispose(): void {
    this.#registered.dispose()
    for (const type of this.#types.values()) type.dispose()
  }
}
