/**
 * Nexus' plugin for OpenCode (1.18.33), which is one file of ours in the checkout. There is nothing to merge: a file of that
 * name is ours, or it is left alone.
 */
import * as Either from "effect/Either"
import type { AgentSettings, HookTarget, Seed } from "../../../app/ports/Agent.ts"
import { silenced } from "./Presence.ts"

/** In the first line of every version of it. */
const marker = /^\/\/ Nexus' plugin for OpenCode\b/

/**
 * The client fills every folder of settings from the npm registry when it starts, and without a network it never starts. With
 * these it finds what it wants; `.gitignore` is what it writes itself.
 */
const dependencies = { "@opencode-ai/plugin": "*" }
const seeds: ReadonlyArray<Seed> = [
  { path: "node_modules" },
  { path: "package.json", text: `${JSON.stringify({ dependencies }, null, 2)}\n` },
  {
    path: "package-lock.json",
    text: `${JSON.stringify({ lockfileVersion: 3, requires: true, packages: { "": { dependencies } } }, null, 2)}\n`
  },
  {
    path: ".gitignore",
    text: ["node_modules", "package.json", "package-lock.json", "bun.lock", ".gitignore"].join("\n")
  }
]

/** The file of this package that it is made from. In it, "@HOOK@" stands for the script of this home. */
const source = "opencode/nexus.js"

const textFor = (target: HookTarget, scope: "local" | "shared"): string | null => {
  const code = target.packaged(source)
  // Committed, it has to find the script on each machine.
  const script = scope === "shared" ? "" : target.script
  const head = `// Nexus' plugin for OpenCode, made by "nexus init". Remove it with "nexus uninstall".\n`
  return code === null ? null : head + code.replaceAll('"@HOOK@"', () => JSON.stringify(script))
}

export const pluginSettings: AgentSettings = {
  file: () => ".opencode/plugins/nexus.js",
  needs: [source],
  seeds,
  install: (text, target, scope) => {
    const wanted = textFor(target, scope)
    if (wanted === null) return Either.left({ message: "this build of Nexus comes without its plugin." })
    if (text !== null && text.trim() !== "" && !marker.test(text))
      return Either.left({ message: "it is not Nexus' plugin. Give it another name and run the command again." })
    return Either.right({ text: wanted, changed: text !== wanted })
  },
  uninstall: (text) => Either.right(marker.test(text) ? { text: null, changed: true } : { text, changed: false }),
  isCurrent: (text, target, scope) => text === textFor(target, scope),
  isDisabled: () => false,
  silenced,
  bypass: "Was it started with --pure, or OPENCODE_PURE=1? Then it loads no plugins.",
  commandsFor: () => []
}
