/** The port to what finds secrets in text. */
import * as Context from "effect/Context"

export class Secrets extends Context.Tag("nexus/app/Secrets")<
  Secrets,
  {
    /** The text with every secret that is found replaced by `[redacted:<rule>]`, line for line; and the rules that found one. */
    readonly redact: (text: string) => { readonly text: string; readonly rules: ReadonlyArray<string> }
  }
>() {}
