/**
 * A server that renders a React page, as Next.js and others do it, made by hand from `node:http` and
 * Vite: it evaluates all flags for the person, renders with them, and writes them into the page.
 */
import { createServer } from 'node:http'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import { createServer as createVite } from 'vite'

import type * as Renderer from './render.tsx'

const connection = createFlagmarshal({
  url: process.env['FLAGMARSHAL_URL'] ?? 'http://127.0.0.1:4860',
  key: process.env['FLAGMARSHAL_SDK_KEY'] ?? '',
  environment: 'staging',
  application: 'rendering-example',
  layers: ['frontend'],
})
await connection.ready()

const vite = await createVite({
  root: fileURLToPath(new URL('..', import.meta.url)),
  appType: 'custom',
  server: { middlewareMode: true, ws: false },
})
// Node.js reads no JSX: Vite loads what has some, of whatever type.
const { render } = (await vite.ssrLoadModule('/src/render.tsx')) as typeof Renderer

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname !== '/') {
    vite.middlewares(request, response)
    return
  }
  // Whoever is signed in; here the address says it: /?user=ada
  const user = /^\w+$/.exec(searchParams.get('user') ?? '')?.[0] ?? 'nobody'
  const flags = connection.evaluateAll({ targetingKey: user })
  response.writeHead(200, { 'content-type': 'text/html' }).end(render(flags, user))
})
server.listen(Number(process.env['PORT'] ?? 4884), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}/?user=ada`)
})

process.once('SIGINT', () => {
  server.close()
  void Promise.all([vite.close(), connection.close()])
})
