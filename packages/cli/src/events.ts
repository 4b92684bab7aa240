/**
 * Server-sent events, from the text of their stream.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

/** One event; `data` is parsed. A heartbeat has an empty name. */
export interface ServerEvent {
  readonly event: string
  readonly data: unknown
  readonly id?: string
}

/** The events of a stream, in order; a piece at the end that is not whole is left out. */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent, void, void> {
  let rest = ''
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield eventOf(part)
  }
}

function eventOf(text: string): ServerEvent {
  const fields = new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf(':')
      return [line.slice(0, at), line.slice(at + 1).trimStart()]
    }),
  )
  const id = fields.get('id')
  const data = fields.get('data')
  return {
    event: fields.get('event') ?? '',
    data: data === undefined ? undefined : JSON.parse(data),
    ...(id === undefined ? {} : { id }),
  }
}
