/** The boulder in the status bar, and what a click on it offers. */
import * as vscode from "vscode"
import { type Bar, barOf, choicesOf, unavailable } from "./model/Boulder.ts"
import { markdown } from "./markdown.ts"
import type { Nexus } from "./Nexus.ts"

export class BoulderBar implements vscode.Disposable {
  readonly #nexus: Nexus
  readonly #item = vscode.window.createStatusBarItem("nexus.boulder", vscode.StatusBarAlignment.Left, 10)
  readonly #output = vscode.window.createOutputChannel("Nexus")
  #bar: Bar = unavailable("Nexus was not asked yet.")

  constructor(nexus: Nexus) {
    this.#nexus = nexus
    this.#item.name = "Nexus"
    this.#item.command = "nexus.boulder"
  }

  async refresh(): Promise<void> {
    const folder = this.#nexus.folder()
    if (folder === undefined) return this.#item.hide()
    const answer = await this.#nexus.json(["boulder", "status"], folder)
    this.#show(answer.ok ? barOf(answer.value) : unavailable(answer.reason))
  }

  #show(bar: Bar): void {
    this.#bar = bar
    this.#item.text = bar.text
    this.#item.tooltip = markdown(bar.tooltip)
    this.#item.backgroundColor = bar.isUrgent ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined
    this.#item.show()
  }

  async choose(): Promise<void> {
    const chosen = await vscode.window.showQuickPick(choicesOf(this.#bar), { placeHolder: this.#bar.tooltip[0] ?? "" })
    if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command)
  }

  async pause(): Promise<void> {
    const reason = await vscode.window.showInputBox({
      prompt: "Why is the boulder paused? Agents are let go until you resume it.",
      placeHolder: "I take over from here"
    })
    // Escape was pressed.
    if (reason === undefined) return
    await this.#change(["boulder", "pause", ...(reason.trim() === "" ? [] : [`--reason=${reason.trim()}`])])
  }

  async resume(): Promise<void> {
    await this.#change(["boulder", "resume"])
  }

  /** Why the last stop was decided as it was, in the words of Nexus. */
  async explain(): Promise<void> {
    const folder = this.#nexus.folder()
    if (folder === undefined) return
    const answer = await this.#nexus.text(["boulder", "explain"], folder)
    if (!answer.ok) return void vscode.window.showWarningMessage(`Nexus: ${answer.reason}`)
    this.#output.replace(answer.printed)
    this.#output.show(true)
  }

  async #change(args: ReadonlyArray<string>): Promise<void> {
    const folder = this.#nexus.folder()
    if (folder === undefined) return
    const answer = await this.#nexus.json(args, folder)
    if (answer.ok) this.#show(barOf(answer.value))
    else void vscode.window.showWarningMessage(`Nexus: ${answer.reason}`)
  }

  dispose(): void {
    this.#item.dispose()
    this.#output.dispose()
  }
}
