/** The events of an OpenCode server, as they come: nobody who waits for one looks again and again. */

export interface BusEvent {
  readonly type: string
  readonly properties: Readonly<Record<string, any>>
}

export interface Bus {
  /** Everything that was told so far. */
  readonly events: ReadonlyArray<BusEvent>
  /** The first event that matches, from the one with this index on, once it has come. */
  readonly heard: (matches: (event: BusEvent) => boolean, from?: number) => Promise<BusEvent>
  readonly close: () => Promise<void>
}

/** Listens to a stream of server-sent events; returns once the server has greeted. */
export const listen = async (url: string): Promise<Bus> => {
  const events: Array<BusEvent> = []
  const waiting = new Set<() => void>()
  const closed = new AbortController()

  const read = async (): Promise<void> => {
    const response = await fetch(url, { signal: closed.signal })
    const decoder = new TextDecoder()
    let rest = ""
    for await (const bytes of response.body ?? []) {
      const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n\n")
      rest = parts.pop() ?? ""
      for (const part of parts) events.push(JSON.parse(part.replace(/^data: /, "")) as BusEvent)
      for (const look of waiting) look()
    }
  }

  const reading = read().catch((cause: unknown) => {
    // A server that ends takes its streams with it.
    if (!closed.signal.aborted && events.length === 0) throw cause
  })

  const heard: Bus["heard"] = (matches, from = 0) =>
    new Promise((found) => {
      const look = (): void => {
        const event = events.slice(from).find(matches)
        if (event === undefined) return
        waiting.delete(look)
        found(event)
      }
      waiting.add(look)
      look()
    })
  await Promise.race([heard(({ type }) => type === "server.connected"), reading])

  return {
    events,
    heard,
    close: async () => {
      closed.abort()
      await reading
    }
  }
}
