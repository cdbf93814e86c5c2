/**
 * Loaded before a program (node --import): a system clock that jumps. NEXUS_TEST_JUMPS holds offsets in milliseconds,
 * separated by commas; every third look at the clock sees the next of them, over and over.
 */
const jumps = (process.env["NEXUS_TEST_JUMPS"] ?? "0").split(",").map(Number)
const now = Date.now.bind(Date)
let looks = 0

Date.now = () => Math.trunc(now() + (jumps[Math.floor(looks++ / 3) % jumps.length] ?? 0))
