/**
 * A content as what it has between the beginning and the end that it shares with an earlier one: how most edits are stored,
 * since nothing is read faster. Layout: the lengths of beginning and end, each as an unsigned LEB128 number, then what is between.
 */

/** How many bytes two contents begin with alike. */
export const sharedHead = (a: Buffer, b: Buffer): number =>
  longest(Math.min(a.length, b.length), (length) => a.compare(b, 0, length, 0, length) === 0)

/** How many bytes they end with alike, of those after `head`. */
export const sharedTail = (a: Buffer, b: Buffer, head: number): number =>
  longest(
    Math.min(a.length, b.length) - head,
    (length) => a.compare(b, b.length - length, b.length, a.length - length, a.length) === 0
  )

/** The greatest number up to `most` for which `holds`, which holds for every smaller one. */
const longest = (most: number, holds: (length: number) => boolean): number => {
  let [low, high] = [0, most]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (holds(middle)) low = middle
    else high = middle - 1
  }
  return low
}

/** Undefined when there are more bytes between than `most`. */
export const splice = (base: Buffer, content: Buffer, most: number): Buffer | undefined => {
  const head = sharedHead(base, content)
  const tail = sharedTail(base, content, head)
  const between = content.subarray(head, content.length - tail)
  return between.length > most ? undefined : Buffer.concat([number(head), number(tail), between])
}

/** Undefined for what is no splice of this base. */
export const unsplice = (base: Buffer, data: Buffer): Buffer | undefined => {
  const head = numberAt(data, 0)
  const tail = head === undefined ? undefined : numberAt(data, head.end)
  if (head === undefined || tail === undefined || head.value + tail.value > base.length) return undefined
  const between = data.length - tail.end
  // Not from Node's pool: contents are kept for longer or shorter, and one that is kept would keep its neighbours there.
  const content = Buffer.allocUnsafeSlow(head.value + between + tail.value)
  base.copy(content, 0, 0, head.value)
  data.copy(content, head.value, tail.end)
  base.copy(content, head.value + between, base.length - tail.value)
  return content
}

const number = (value: number): Buffer => {
  const bytes: Array<number> = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0))
    if (rest < 128) return Buffer.from(bytes)
  }
}

const numberAt = (data: Buffer, from: number): { readonly value: number; readonly end: number } | undefined => {
  let value = 0
  for (let at = from, unit = 1; at < data.length && at < from + 7; at++, unit *= 128) {
    const byte = data[at] ?? 0
    value += (byte & 127) * unit
    if (byte < 128) return { value, end: at + 1 }
  }
  return undefined
}
