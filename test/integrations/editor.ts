/**
 * A double of the part of VS Code's API (1.90) that the extension uses, which keeps what it is told: the editor itself cannot
 * run in these tests.
 */
import { pathToFileURL } from "node:url"

class Emitter<A> {
  readonly #listeners = new Set<(value: A) => void>()
  readonly event = (listener: (value: A) => void) => {
    this.#listeners.add(listener)
    return { dispose: () => this.#listeners.delete(listener) }
  }
  readonly fire = (value: A): void => this.#listeners.forEach((listener) => listener(value))
  readonly dispose = (): void => this.#listeners.clear()
  get size(): number {
    return this.#listeners.size
  }
}

/** Markup is kept apart from text, so that a test sees which is which. */
class MarkdownString {
  readonly parts: Array<{ readonly text: string } | { readonly markup: string }> = []
  appendText(text: string): void {
    this.parts.push({ text })
  }
  appendMarkdown(markup: string): void {
    this.parts.push({ markup })
  }
  get lines(): ReadonlyArray<string> {
    return this.parts.flatMap((part) => ("text" in part ? [part.text] : []))
  }
}

class Named {
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
}

export interface Document {
  readonly uri: Uri
  isDirty: boolean
  version: number
  lineCount: number
}

interface Uri {
  readonly scheme: string
  readonly fsPath: string
  readonly toString: () => string
}

const uri = (path: string): Uri => ({ scheme: "file", fsPath: path, toString: () => pathToFileURL(path).href })

export const newEditor = (folder: string, settings: Readonly<Record<string, unknown>>) => {
  const changed = new Emitter<void>()
  const on = {
    windowState: new Emitter<{ focused: boolean }>(),
    activeEditor: new Emitter<unknown>(),
    saved: new Emitter<Document>(),
    edited: new Emitter<{ document: Document }>(),
    file: new Emitter<unknown>(),
    tree: new Emitter<void>()
  }
  const bar = { text: "", tooltip: new MarkdownString(), backgroundColor: undefined, isShown: false, isGone: false }
  const commands = new Map<string, () => Promise<void>>()
  const told = {
    warnings: [] as Array<string>,
    output: "",
    picks: [] as ReadonlyArray<{ label: string }>
  }
  const answers = { pick: undefined as string | undefined, input: undefined as string | undefined }
  const contexts = new Map<string, unknown>()
  /** Lines by the icon of their decoration. */
  const gutter = new Map<string, ReadonlyArray<readonly [start: number, end: number]>>()
  let tree: any
  let hover: any
  const item = Object.assign(bar, {
    show: () => {
      bar.isShown = true
      changed.fire()
    },
    hide: () => {
      bar.isShown = false
      changed.fire()
    },
    dispose: () => {
      bar.isGone = true
    }
  })
  const nothing = { dispose: () => undefined }
  const window = {
    state: { focused: true },
    activeTextEditor: undefined as unknown,
    createStatusBarItem: () => item,
    createOutputChannel: () => ({
      ...nothing,
      show: () => undefined,
      replace: (text: string) => {
        told.output = text
      }
    }),
    createTreeView: (_: string, options: { treeDataProvider: any }) => {
      tree = options.treeDataProvider
      return tree.onDidChangeTreeData(() => on.tree.fire())
    },
    createTextEditorDecorationType: ({ gutterIconPath }: { gutterIconPath: Uri }) => ({
      ...nothing,
      kind: /(\w+)\.svg$/.exec(gutterIconPath.fsPath)?.[1]
    }),
    showQuickPick: async (choices: ReadonlyArray<{ label: string }>) => {
      told.picks = choices
      return choices.find(({ label }) => label.endsWith(answers.pick ?? "nothing"))
    },
    showInputBox: async () => answers.input,
    showWarningMessage: async (text: string) => void told.warnings.push(text),
    onDidChangeWindowState: on.windowState.event,
    onDidChangeActiveTextEditor: on.activeEditor.event
  }
  const module = {
    window,
    commands: {
      registerCommand: (name: string, run: () => Promise<void>) => {
        commands.set(name, run)
        return { dispose: () => commands.delete(name) }
      },
      executeCommand: async (name: string, ...args: ReadonlyArray<unknown>) => {
        if (name === "setContext") contexts.set(String(args[0]), args[1])
        await commands.get(name)?.()
      }
    },
    languages: {
      registerHoverProvider: (_: unknown, provider: unknown) => {
        hover = provider
        return nothing
      }
    },
    workspace: {
      workspaceFolders: [{ uri: uri(folder) }],
      getWorkspaceFolder: ({ fsPath }: Uri) => (fsPath.startsWith(`${folder}/`) ? { uri: uri(folder) } : undefined),
      getConfiguration: () => ({ get: (name: string, otherwise: unknown) => settings[name] ?? otherwise }),
      createFileSystemWatcher: () => ({
        ...nothing,
        onDidChange: on.file.event,
        onDidCreate: on.file.event,
        onDidDelete: on.file.event
      }),
      onDidSaveTextDocument: on.saved.event,
      onDidChangeTextDocument: on.edited.event
    },
    EventEmitter: Emitter,
    MarkdownString,
    ThemeColor: Named,
    ThemeIcon: Named,
    TreeItem: class {
      readonly label: string
      readonly collapsibleState: number
      constructor(label: string, collapsibleState: number) {
        this.label = label
        this.collapsibleState = collapsibleState
      }
    },
    TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
    Range: class {
      readonly lines: readonly [number, number]
      constructor(start: number, _: number, end: number) {
        this.lines = [start, end]
      }
    },
    Hover: class {
      readonly contents: MarkdownString
      constructor(contents: MarkdownString) {
        this.contents = contents
      }
    },
    Uri: { joinPath: (base: Uri, ...more: ReadonlyArray<string>) => uri([base.fsPath, ...more].join("/")) },
    StatusBarAlignment: { Left: 1 },
    OverviewRulerLane: { Left: 1 }
  }
  return {
    module,
    bar,
    told,
    answers,
    gutter,
    contexts,
    commands,
    on,
    run: (name: string) => commands.get(name)?.() ?? Promise.reject(new Error(`there is no command ${name}`)),
    /** The tree, as it is shown. */
    tree: (): ReadonlyArray<string> =>
      tree.getChildren().flatMap((group: unknown) => [
        tree.getTreeItem(group).label,
        ...tree.getChildren(group).map((node: unknown) => {
          const { label, description, iconPath } = tree.getTreeItem(node)
          return `  ${label} (${description}) ${iconPath.id}`
        })
      ]),
    hover: (document: Document, line: number): ReadonlyArray<string> =>
      hover.provideHover(document, { line })?.contents.lines ?? [],
    /** Looks at a file. */
    open: (path: string, lineCount: number): Document => {
      const document = { uri: uri(path), isDirty: false, version: 1, lineCount }
      window.activeTextEditor = {
        document,
        setDecorations: ({ kind }: { kind: string }, ranges: ReadonlyArray<{ lines: readonly [number, number] }>) => {
          gutter.set(
            kind,
            ranges.map(({ lines }) => lines)
          )
          changed.fire()
        }
      }
      on.activeEditor.fire(window.activeTextEditor)
      return document
    },
    /** Ends when something holds, which is asked whenever the extension shows something. */
    shows: (holds: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        if (holds()) return resolve()
        const listener = changed.event(() => {
          if (!holds()) return
          listener.dispose()
          resolve()
        })
      })
  }
}
