/**
 * Server-sent events to one client: written as they come, kept alive by comments, ended when the
 * client reads too slowly, goes away, or the server closes.
 *
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** A comment this often keeps proxies from closing the connection. */
const HEARTBEAT_MS = 10_000

/** A client that has this much unread is dropped: it can reconnect and start from a snapshot. */
const LARGEST_BACKLOG_BYTES = 4 * 1024 * 1024

export interface StreamEvent {
  readonly event: string
  /** One line of text, usually JSON. */
  readonly data: string
  readonly id?: string
}

export interface EventStream {
  /** Sends an event; false when the client is gone. */
  send(event: StreamEvent): boolean
  /** Ends the stream. */
  close(): void
  /** Called once when the stream has ended, for whatever reason. */
  onClose(done: () => void): void
}

/** Opens a stream on a raw response; its headers, and those given, are sent here. */
export function openEventStream(response: ServerResponse, headers: OutgoingHttpHeaders): EventStream {
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.flushHeaders()
  const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS)
  response.on('close', () => clearInterval(heartbeat))
  response.on('error', () => response.destroy())

  function write(text: string | Buffer): boolean {
    if (response.destroyed || response.writableEnded) return false
    // Before and not after: the first snapshot alone may be larger.
    if (response.writableLength > LARGEST_BACKLOG_BYTES) {
      response.destroy()
      return false
    }
    response.write(text)
    return true
  }

  return {
    send: (event) => write(frameOf(event)),
    close: () => void response.end(),
    onClose(done) {
      if (response.destroyed || response.closed) done()
      else response.once('close', done)
    },
  }
}

/** Events as they go over the wire: one that goes to a thousand streams is written once, and held once for those who read slowly. */
const frames = new WeakMap<StreamEvent, Buffer>()

function frameOf(event: StreamEvent): Buffer {
  const known = frames.get(event)
  if (known !== undefined) return known
  const { event: type, data, id } = event
  const frame = Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${data}\n\n`)
  frames.set(event, frame)
  return frame
}
