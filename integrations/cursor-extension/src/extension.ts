/** The extension: what it shows, and when it asks again. */
import * as vscode from "vscode"
import { AttributionView } from "./AttributionView.ts"
import { BoulderBar } from "./BoulderBar.ts"
import { nexus } from "./Nexus.ts"
import { paced } from "./Pace.ts"
import { TasksView } from "./TasksView.ts"

/** Milliseconds. */
const between = { changes: 3000, timer: 30_000 }

export const activate = async ({ subscriptions, extensionUri }: vscode.ExtensionContext): Promise<void> => {
  const isOn = vscode.workspace.getConfiguration("nexus").get<boolean>("attribution", true)
  const bar = new BoulderBar(nexus)
  const tasks = new TasksView(nexus)
  const attribution = new AttributionView(nexus, extensionUri, isOn)
  const standing = paced(async () => void (await Promise.all([bar.refresh(), tasks.refresh()])), between.changes)
  const lines = paced(() => attribution.refresh(), 0)

  const timer = setInterval(() => {
    if (vscode.window.state.focused) standing.soon()
  }, between.timer)
  const watcher = vscode.workspace.createFileSystemWatcher("**/*")

  const commands: Readonly<Record<string, () => Promise<void>>> = {
    "nexus.boulder": () => bar.choose(),
    "nexus.pause": () => bar.pause(),
    "nexus.resume": () => bar.resume(),
    "nexus.explain": () => bar.explain(),
    "nexus.refresh": async () => void (await Promise.all([standing.now(), lines.now()])),
    "nexus.toggleAttribution": () => attribution.toggle()
  }
  subscriptions.push(
    bar,
    tasks,
    attribution,
    standing,
    lines,
    watcher,
    { dispose: () => clearInterval(timer) },
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
    watcher.onDidChange(standing.soon),
    watcher.onDidCreate(standing.soon),
    watcher.onDidDelete(standing.soon),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) standing.soon()
    }),
    vscode.window.onDidChangeActiveTextEditor(() => lines.soon()),
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (document === vscode.window.activeTextEditor?.document) lines.soon()
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      const editor = vscode.window.activeTextEditor
      if (editor === undefined || document !== editor.document) return
      if (document.isDirty) attribution.clear(editor)
      else lines.soon()
    })
  )
  await Promise.all([standing.now(), lines.now()])
}
