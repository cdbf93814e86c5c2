import * as Schema from "effect/Schema"

/** An expression that cannot be understood, and where. */
export class QueryWrong extends Schema.TaggedError<QueryWrong>()("QueryWrong", {
  problem: Schema.String,
  expression: Schema.String,
  /** 1-based, in UTF-16 code units; one past the end when something is missing there. */
  column: Schema.Int,
  /** The word that is none of `known`, where that is what is wrong. */
  word: Schema.optional(Schema.String),
  known: Schema.optional(Schema.Array(Schema.String))
}) {
  override get message() {
    return `column ${this.column}: ${this.problem}`
  }
}
