/** The pages of another site, built once and served from an origin of their own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import type { PageFlags } from '@flagmarshal/sdk-web'
import { build } from 'vite'

const PAGE = fileURLToPath(new URL('../clients/page', import.meta.url))

export interface PageServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
}

/** What is put into the page that a server renders. */
export interface Rendered {
  readonly flags: string
  readonly shop: string
}

/** Builds and serves them, under a policy without `unsafe-eval`; `/rendered.html` with what `render` answers. */
export async function startPage(render?: () => Rendered): Promise<PageServer> {
  const built = await build({
    root: PAGE,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      rolldownOptions: { input: ['index.html', 'rendered.html'].map((it) => path.join(PAGE, it)) },
    },
  })
  if (!('output' in built)) throw new Error('the page was not built at once')
  const files = new Map(
    built.output.map((it) => [`/${it.fileName}`, it.type === 'chunk' ? it.code : it.source]),
  )
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').split('?')[0] ?? '/'
    const file = files.get(name === '/' ? '/index.html' : name)
    if (file === undefined) return void response.writeHead(404).end()
    const type = path.extname(name) === '.js' ? 'text/javascript' : 'text/html'
    response
      .writeHead(200, { 'content-type': type, 'content-security-policy': "script-src 'self'" })
      .end(name === '/rendered.html' && render !== undefined ? filled(String(file), render()) : file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The shop as HTML, with the values of one person. Named at run time, because pages have types of their own. */
export async function loadRenderer(): Promise<(flags: PageFlags) => string> {
  const renderer: { readonly renderShop: (flags: PageFlags) => string } = await import(
    path.join(PAGE, 'render.tsx')
  )
  return renderer.renderShop
}

function filled(page: string, { flags, shop }: Rendered): string {
  return page.replace('<!--flags-->', () => flags).replace('<!--shop-->', () => shop)
}
