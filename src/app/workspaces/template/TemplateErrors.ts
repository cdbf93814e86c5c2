/** What can be wrong with a template. Nothing was made when one of these is told. */
import * as Schema from "effect/Schema"

/** It can't be one, or can't be used so. */
export class TemplateRefused extends Schema.TaggedError<TemplateRefused>()("TemplateRefused", {
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** Its repository can't be reached, and what it was is not known from before. */
export class TemplateUnreachable extends Schema.TaggedError<TemplateUnreachable>()("TemplateUnreachable", {
  from: Schema.String,
  detail: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `The template ${this.from} can't be fetched: ${this.detail.replace(/(?<![.!?])$/, ".")}`
  }
}

/** It is not what it was pinned to. */
export class TemplateDiffers extends Schema.TaggedError<TemplateDiffers>()("TemplateDiffers", {
  from: Schema.String,
  expected: Schema.String,
  found: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `The template ${this.from} is not what was asked for: it is ${this.found}, not ${this.expected}.`
  }
}
