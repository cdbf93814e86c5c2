/** The view of tasks. */
import * as vscode from "vscode"
import { type TaskNode, treeOf } from "./model/Tasks.ts"
import { markdown } from "./markdown.ts"
import type { Nexus } from "./Nexus.ts"

export class TasksView implements vscode.TreeDataProvider<TaskNode>, vscode.Disposable {
  readonly #nexus: Nexus
  readonly #changed = new vscode.EventEmitter<void>()
  readonly onDidChangeTreeData = this.#changed.event
  readonly #view: vscode.Disposable
  #groups: ReadonlyArray<TaskNode> = []

  constructor(nexus: Nexus) {
    this.#nexus = nexus
    this.#view = vscode.window.createTreeView("nexus.tasks", { treeDataProvider: this })
  }

  async refresh(): Promise<void> {
    const folder = this.#nexus.folder()
    const answer = folder === undefined ? undefined : await this.#nexus.json(["task", "list", "--all"], folder)
    // An empty view says something else where nobody knows the tasks (`viewsWelcome`).
    await vscode.commands.executeCommand("setContext", "nexus.isAvailable", answer?.ok === true)
    const groups = answer?.ok === true ? treeOf(answer.value) : []
    // A tree that is built anew forgets what the mouse is over.
    if (JSON.stringify(groups) === JSON.stringify(this.#groups)) return
    this.#groups = groups
    this.#changed.fire()
  }

  getChildren(node?: TaskNode): Array<TaskNode> {
    return [...(node === undefined ? this.#groups : node.children)]
  }

  getTreeItem(node: TaskNode): vscode.TreeItem {
    const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState
    const state = node.children.length === 0 ? None : node.isOpen ? Expanded : Collapsed
    const item = new vscode.TreeItem(node.label, state)
    item.id = node.id
    item.description = node.description
    item.tooltip = markdown([node.label, ...node.tooltip])
    if (node.icon !== "") item.iconPath = new vscode.ThemeIcon(node.icon)
    return item
  }

  dispose(): void {
    this.#view.dispose()
    this.#changed.dispose()
  }
}
