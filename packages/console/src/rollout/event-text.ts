/**
 * Reads the text of an event stream as it arrives in pieces.
 *
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

/** One event; `data` is one line here, as our server writes it. */
export interface ReadEvent {
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

/** A reader of one stream: what is given must be in order; what is whole is answered, the rest is kept. */
export function createEventReader(): (chunk: string) => readonly ReadEvent[] {
  let kept = ''
  return (chunk) => {
    const parts = (kept + chunk).split('\n\n')
    kept = parts.pop() ?? ''
    return parts.flatMap((part): ReadEvent[] => {
      const fields = new Map(
        part
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line): [string, string] => {
            const at = line.indexOf(':')
            return [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]
          }),
      )
      const data = fields.get('data')
      return data === undefined
        ? []
        : [{ event: fields.get('event') ?? 'message', data, id: fields.get('id') }]
    })
  }
}
