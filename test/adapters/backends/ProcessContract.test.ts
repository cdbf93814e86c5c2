import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import * as ProcessBackend from "../../../src/adapters/process/ProcessBackend.ts"
import { backendContract } from "./contract.ts"

const root = mkdtempSync(join(tmpdir(), "nexus-processes-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

backendContract("process", (log) => ProcessBackend.make(join(root, log)))
