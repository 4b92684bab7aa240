/** Git over HTTP: a small server in front of git's own `http-backend`. */
import { execFile, spawn } from 'node:child_process'
import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface GitHttp extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/docs.git` for the repository `docs.git`. */
  readonly address: string
  /** Methods and paths that were asked for. */
  readonly asked: readonly string[]
}

/** Serves a bare repository, pushes included; with `elsewhere` every request is sent there instead. */
export async function serveGit(repository: string, elsewhere?: string): Promise<GitHttp> {
  await run('git', ['-C', repository, 'config', 'http.receivepack', 'true'])
  const asked: string[] = []
  const root = path.dirname(repository)
  const name = path.basename(repository)
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (elsewhere === undefined) return answer(root, request, response)
    const to = `${elsewhere}${(request.url ?? '').replace(`/${name}`, '')}`
    response.writeHead(302, { location: to }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return {
    address: `http://127.0.0.1:${port}/${name}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_USER: 'test',
    },
  })
  request.pipe(backend.stdin)
  backend.stdin.on('error', () => undefined)
  const chunks: Buffer[] = []
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  backend.on('close', () => {
    const all = Buffer.concat(chunks)
    const end = all.indexOf('\r\n\r\n')
    const headers = all.subarray(0, end).toString('latin1').split('\r\n')
    for (const header of headers) {
      const [key = '', ...value] = header.split(': ')
      if (key === 'Status') response.statusCode = Number(value.join(': ').split(' ')[0])
      else response.setHeader(key, value.join(': '))
    }
    response.end(all.subarray(end + 4))
  })
}
