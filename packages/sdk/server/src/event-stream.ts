/**
 * The text format of Server-Sent Events, as the WHATWG HTML standard defines it (section 9.2,
 * "Parsing an event stream"), of which a stream that is read with `fetch` needs these fields.
 * Node has no EventSource that can send an authorization header.
 */

/** One event; `id` is the last one seen, as the standard says. */
export interface StreamEvent {
  readonly type: string
  readonly data: string
  readonly id: string
}

/** Takes decoded text as it arrives and returns the events that it completes. Comments are dropped. */
export type EventParser = (chunk: string) => readonly StreamEvent[]

/** A parser for one stream. A line may be spread over any number of chunks. */
export function createEventParser(): EventParser {
  let pieces: string[] = []
  let afterCarriageReturn = false
  let type = ''
  let data: string[] = []
  let id = ''

  function takeLine(line: string): StreamEvent | undefined {
    if (line === '') {
      const event = { type: type || 'message', data: data.join('\n'), id }
      const complete = data.length > 0
      type = ''
      data = []
      return complete ? event : undefined
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') type = value
    if (field === 'data') data.push(value)
    if (field === 'id' && !value.includes('\0')) id = value
    return undefined
  }

  return (chunk) => {
    const events: StreamEvent[] = []
    // A line may end in \r\n, and the two may come in different chunks.
    let start = afterCarriageReturn && chunk.startsWith('\n') ? 1 : 0
    if (chunk !== '') afterCarriageReturn = chunk.endsWith('\r')
    for (const match of chunk.matchAll(/\r\n|\n|\r/g)) {
      if (match.index < start) continue
      pieces.push(chunk.slice(start, match.index))
      const event = takeLine(pieces.join(''))
      if (event !== undefined) events.push(event)
      pieces = []
      start = match.index + match[0].length
    }
    if (start < chunk.length) pieces.push(chunk.slice(start))
    return events
  }
}
