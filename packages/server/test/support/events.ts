/** Server-sent events, read as they come. */

export interface StreamEvent {
  readonly event: string
  readonly id: string
  readonly data: unknown
}

export interface Events {
  /** What has arrived, in order. */
  readonly events: readonly StreamEvent[]
  /** The headers of the answer. */
  readonly headers: Headers
  /** Resolves once something like this has arrived. */
  until(wanted: (event: StreamEvent) => boolean): Promise<StreamEvent>
  /** Resolves once the stream has ended, from whichever side. */
  readonly ended: Promise<void>
  /** Ends the stream. */
  close(): Promise<void>
}

/** Opens a stream; `got` is told of each event before anybody who waits. Throws when it is refused. */
export async function openEvents(
  address: string,
  headers: Readonly<Record<string, string>> = {},
  got: (event: StreamEvent) => Promise<void> = async () => undefined,
): Promise<Events> {
  const leaving = new AbortController()
  const answer = await fetch(address, { headers, signal: leaving.signal })
  if (answer.status !== 200 || answer.body === null) throw new Error(`the stream answered ${answer.status}`)
  const events: StreamEvent[] = []
  const waiting = new Set<() => void>()
  const reading = read(answer.body, async (event) => {
    events.push(event)
    await got(event)
    for (const look of waiting) look()
  }).catch(() => undefined)

  return {
    events,
    headers: answer.headers,
    ended: reading,
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const found = events.find(wanted)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    async close() {
      leaving.abort()
      await reading
    },
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  got: (event: StreamEvent) => Promise<void>,
): Promise<void> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
      const data = lines.get('data')
      if (data !== undefined)
        await got({ event: lines.get('event') ?? '', id: lines.get('id') ?? '', data: JSON.parse(data) })
    }
  }
}
