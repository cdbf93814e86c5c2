/** ssh2's own files, of which @types/ssh2 describes the whole only; `Library.ts` says what each gives. */
declare module "ssh2/lib/client.js" {
  const exports: unknown
  export default exports
}
declare module "ssh2/lib/keygen.js" {
  const exports: unknown
  export default exports
}
declare module "ssh2/lib/agent.js" {
  const exports: unknown
  export default exports
}
declare module "ssh2/lib/protocol/keyParser.js" {
  const exports: unknown
  export default exports
}
