/** The `nexus` program as the parts of the extension ask it. */
import * as vscode from "vscode"
import { type Answer, ask, askJson, type JsonAnswer, programIn } from "./Cli.ts"

export interface Nexus {
  /** The folder that questions are about: of the file that is looked at, else the first; undefined without any. */
  readonly folder: () => string | undefined
  readonly json: (args: ReadonlyArray<string>, folder: string) => Promise<JsonAnswer>
  readonly text: (args: ReadonlyArray<string>, folder: string) => Promise<Answer>
}

/** Where the program is, is looked up each time: it may have been installed meanwhile. */
const program = (): string | undefined =>
  programIn(vscode.workspace.getConfiguration("nexus").get<string>("path", ""), process.env)

export const nexus: Nexus = {
  folder: () => {
    const looked = vscode.window.activeTextEditor?.document.uri
    const folder = looked === undefined ? undefined : vscode.workspace.getWorkspaceFolder(looked)
    return (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath
  },
  json: (args, folder) => askJson(program(), args, folder),
  text: (args, folder) => ask(program(), args, folder)
}
