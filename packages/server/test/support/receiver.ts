/**
 * A small real HTTP server that stands where somebody else's would: it keeps what it was asked and
 * answers as the test says.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Received {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers a request; `nth` counts from 0. */
export type AnswerWith = (request: Received, response: ServerResponse, nth: number) => void

export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly received: readonly Received[]
  /** Answers differently from now on. */
  answer(how: AnswerWith): void
  /** Resolves once at least so many requests arrived; rejects after 20 s. */
  until(count: number): Promise<readonly Received[]>
}

/** Starts it on a free port. */
export async function startReceiver(how: AnswerWith = ok): Promise<Receiver> {
  const received: Received[] = []
  const waiting = new Set<() => void>()
  let answerWith = how
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      const it = { method: request.method ?? '', path: request.url ?? '', headers, body }
      received.push(it)
      answerWith(it, response, received.length - 1)
      for (const look of waiting) look()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    // A server that listens on TCP has an address and a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (it) => void (answerWith = it),
    until(count) {
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`${received.length} of ${count} requests arrived`))
        }, 20_000)
        const look = () => {
          if (received.length < count) return
          clearTimeout(late)
          waiting.delete(look)
          resolve(received)
        }
        waiting.add(look)
        look()
      })
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** 200 and nothing else. */
export function ok(_: Received, response: ServerResponse): void {
  response.end('ok')
}

/** A status, with headers where they matter. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): AnswerWith {
  return (_, response) => void response.writeHead(code, headers).end()
}
