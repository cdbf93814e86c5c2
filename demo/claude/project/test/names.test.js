import test from "node:test";
import assert from "node:assert/strict";
import { initials } from "../src/index.js";

test("initials", () => {
  assert.equal(initials(" Ada Lovelace "), "AL");
});
