/** A small web server whose pages a test changes. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Page {
  readonly status?: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Pages extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string
  /** What is answered at a path from now on. */
  set(path: string, page: Page): void
}

/** Starts it; what nobody set is not found. */
export async function servePages(): Promise<Pages> {
  const pages = new Map<string, Page>()
  const server = createServer((request, response) => {
    const { status = 200, body = '', headers = {} } = pages.get(request.url ?? '') ?? { status: 404 }
    response.writeHead(status, headers).end(body)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}`,
    set: (path, page) => void pages.set(path, page),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
