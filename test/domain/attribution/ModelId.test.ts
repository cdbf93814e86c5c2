import { describe, expect, it } from "vitest"
import { modelId } from "../../../src/domain/attribution/ModelId.ts"

describe("A model's name as a client says it becomes its name at models.dev", () => {
  it.each([
    ["claude-opus-4-5-20251101", "anthropic/claude-opus-4-5-20251101"],
    ["claude-opus-4-5", "anthropic/claude-opus-4-5"],
    ["claude-opus-5-5[1m]", "anthropic/claude-opus-5-5"],
    ["us.anthropic.claude-opus-4-5-20251101-v1:0", "anthropic/claude-opus-4-5-20251101"],
    ["anthropic.claude-3-haiku-20240307-v1:0:200k", "anthropic/claude-3-haiku-20240307"],
    [
      "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-5-v1:0",
      "anthropic/claude-opus-4-5"
    ],
    ["us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic/claude-sonnet-4-5-20250929"],
    ["openai.gpt-oss-120b-1:0", "openai/gpt-oss-120b"],
    ["claude-opus-4-5@20251101", "anthropic/claude-opus-4-5-20251101"],
    ["gpt-5.2", "openai/gpt-5.2"],
    ["gpt-5.2-codex", "openai/gpt-5.2-codex"],
    ["o3", "openai/o3"],
    ["o4-mini", "openai/o4-mini"],
    ["codex-mini-latest", "openai/codex-mini-latest"],
    ["gemini-2.5-flash", "google/gemini-2.5-flash"],
    ["models/gemini-2.5-pro", "google/gemini-2.5-pro"],
    ["grok-code-fast-1", "xai/grok-code-fast-1"],
    ["deepseek-chat", "deepseek/deepseek-chat"],
    ["devstral-medium-2507", "mistral/devstral-medium-2507"],
    ["qwen3-coder-plus", "alibaba/qwen3-coder-plus"],
    ["kimi-k2-thinking", "moonshotai/kimi-k2-thinking"],
    ["glm-4.6", "zai/glm-4.6"]
  ])("%s is %s", (said, id) => {
    expect(modelId(said, "claude")).toBe(id)
  })

  it.each([
    "openai/gpt-5.2",
    "openrouter/anthropic/claude-opus-4.5",
    "github-copilot/gpt-5",
    "fake-model",
    "omega-3",
    "claudette"
  ])("%s stays as it is", (said) => {
    expect(modelId(said, "opencode")).toBe(said)
  })

  it("a house model belongs to its client, and to no other", () => {
    expect(modelId("composer-1", "cursor")).toBe("cursor/composer-1")
    expect(modelId("composer-1", "claude")).toBe("composer-1")
  })

  it("naming it twice changes nothing", () => {
    for (const said of [
      "claude-opus-5-5[1m]",
      "us.anthropic.claude-opus-4-5-v1:0",
      "gpt-5.2",
      "models/gemini-2.5-pro"
    ]) {
      expect(modelId(modelId(said))).toBe(modelId(said))
    }
  })
})
