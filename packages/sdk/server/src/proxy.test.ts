/**
 * Behind a proxy: Node takes it from the usual settings of the environment (`NODE_USE_ENV_PROXY`), and
 * the SDK uses Node's own `fetch`. The server's name is one that only the proxy knows.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { booleanFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'

interface Proxy extends AsyncDisposable {
  readonly address: string
  /** What it was asked for: `CONNECT flags.internal:80`, `GET http://…`. */
  readonly asked: readonly string[]
}

/** Passes everything on to one server, whatever its name: tunnels and plain requests. */
async function startProxy(to: string): Promise<Proxy> {
  const target = new URL(to)
  const asked: string[] = []
  const proxy = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const { pathname, search } = new URL(incoming.url ?? '')
    const onward = request(
      {
        host: target.hostname,
        port: target.port,
        path: pathname + search,
        method: incoming.method,
        headers: incoming.headers,
      },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers)
        got.pipe(answer)
      },
    )
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  proxy.on('connect', (incoming, client) => {
    asked.push(`CONNECT ${incoming.url}`)
    const onward = connect(Number(target.port), target.hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(client)
      client.pipe(onward)
    })
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  // It listens on a port, so this is no path of a socket.
  const { port } = proxy.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}

/** A program that tells its readiness and each revision, one a line, and ends with its input. */
function startProgram(env: Readonly<Record<string, string>>): ChildProcess {
  const program = `
    import { createFlagmarshal } from '${join(import.meta.dirname, 'index.ts')}'
    const connection = createFlagmarshal({
      url: 'http://flags.internal', key: 'fm_server_test', environment: 'production',
      application: 'program', layers: ['backend'], initTimeoutMs: 10_000, pollIntervalMs: 60_000,
    })
    connection.onChange(({ revision }) => console.log('revision', revision))
    console.log(await connection.ready())
    process.stdin.on('end', () => connection.close()).resume()`
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    env: { ...process.env, ...env },
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

it('is ready, streams and acknowledges through a proxy of the environment, and ends by itself', async () => {
  await using server = await startFlagServer([booleanFlag('plain')])
  await using proxy = await startProxy(server.url)
  const program = startProgram({ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.address })
  let said = ''
  program.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  try {
    await expect.poll(() => said, { timeout: 20_000 }).toContain('ready')
    server.change({ flags: [booleanFlag('plain'), booleanFlag('new')] })
    await expect.poll(() => said, { timeout: 20_000 }).toContain('revision 2')
    await expect.poll(() => server.acks.map(({ revision }) => revision), { timeout: 20_000 }).toContain(2)
    const ended = once(program, 'exit')
    program.stdin?.end()
    expect(await ended).toEqual([0, null])
    expect(proxy.asked.length).toBeGreaterThan(0)
    expect(proxy.asked.every((it) => it.includes('flags.internal'))).toBe(true)
  } finally {
    program.kill('SIGKILL')
  }
}, 60_000)
