/**
 * Sending fuzzed requests over real connections, as they are: nothing is repaired on the way.
 */
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'

import type { FuzzRequest } from './requests.ts'

export interface FuzzAnswer {
  readonly status: number
  readonly contentType: string
  readonly etag: string | undefined
  /** Of a stream, what came with its head: nothing. */
  readonly text: string
}

/** No answer after this long counts as a fault: what is looked for hangs, and a busy machine may take its time. */
const PATIENCE_MS = 60_000

/** Connections to one server. */
export class Sender implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  readonly #etags = new Map<string, string>()
  readonly #server: URL

  constructor(server: string) {
    this.#server = new URL(server)
  }

  /** The answer; one sentence where there was none. */
  async send(request: FuzzRequest): Promise<FuzzAnswer | string> {
    try {
      const answer = await this.#once(request)
      if (answer.etag !== undefined) this.#etags.set(request.path, answer.etag)
      return answer
    } catch (error) {
      return String(error)
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  #once({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
    const { hostname, port } = this.#server
    const ifMatch = headers['if-match']
    const current = ifMatch === '@current' ? { 'if-match': this.#etags.get(path) ?? '"1"' } : {}
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        agent: this.#agent,
        hostname,
        port,
        method,
        path,
        headers: { ...length, ...headers, ...current },
        timeout: PATIENCE_MS,
      })
      let answered = false
      sent.on('response', (answer) => {
        answered = true
        void read(answer).then(resolve, reject)
      })
      sent.on('timeout', () => sent.destroy(new Error('no answer')))
      // A server that has refused a large body may close before all of it is sent.
      sent.on('error', (error) => answered || reject(error))
      sent.end(body)
    })
  }
}

async function read(answer: IncomingMessage): Promise<FuzzAnswer> {
  const contentType = answer.headers['content-type'] ?? ''
  const { statusCode: status = 0, headers } = answer
  const about = { status, contentType, etag: headers.etag }
  if (contentType.startsWith('text/event-stream')) {
    answer.destroy()
    return { ...about, text: '' }
  }
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return { ...about, text: Buffer.concat(chunks).toString() }
}
