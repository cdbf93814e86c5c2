/** `512m`, `2g`, `8gb`, `1.5 GiB`: powers of 1024; undefined for what is no size. */
export const bytesIn = (text: string): number | undefined => {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim()) ?? []
  const bytes = Math.floor(Number(number) * 1024 ** (unit === "" ? 0 : "kmgt".indexOf(unit.toLowerCase()) + 1))
  return number === undefined || bytes < 1 ? undefined : bytes
}
