/**
 * Asking a person in the browser (RFC 8252 with PKCE, RFC 7636): this program listens on its own machine alone,
 * opens a page of the console, and takes the code that the browser brings, which is worth nothing without the
 * verifier that never leaves here.
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { hostname } from 'node:os'

import { wordOfChallenge } from '@flagmarshal/domain/access/browser-code'

import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'
import { openAddress } from './open-address.ts'
import type { Environment } from './program.ts'
import type { Session } from './session.ts'

/** How long the person may take, in milliseconds. */
const PATIENCE_MS = 10 * 60_000

/** What the person is asked for. */
export interface AskedInBrowser {
  readonly for: 'token' | 'proof'
  /** How long a token is wanted for. */
  readonly days?: number | undefined
}

/** What the browser brought. */
export interface Brought {
  readonly code: string
  readonly verifier: string
}

/** Asks, and waits. Says on stderr which address to open, also where nothing else is said: there is no other way on. */
export async function askInBrowser(
  { server, streams }: Pick<Session, 'server' | 'streams'>,
  env: Environment,
  asked: AskedInBrowser,
): Promise<Brought> {
  const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const listening = createServer()
  try {
    listening.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const port = portOf(listening)
    const query = new URLSearchParams({
      for: asked.for,
      challenge,
      state,
      port: String(port),
      machine: hostname(),
      ...(asked.days === undefined ? {} : { days: String(asked.days) }),
    })
    const base = server.replace(/\/+$/, '')
    const address = `${base}/command-line?${query.toString()}`
    const opened = openAddress(address, env)
    streams.err(
      `${opened ? 'Go on in the browser, or open' : 'Open'} this address there:\n\n  ${address}\n\n`,
    )
    streams.err(`The page must show ${wordOfChallenge(challenge)}. Waiting for you …\n`)
    const code = await answered(listening, {
      state,
      host: `127.0.0.1:${port}`,
      done: `${base}/command-line?done`,
    })
    return { code, verifier }
  } finally {
    listening.close()
    listening.closeAllConnections()
  }
}

interface Expected {
  readonly state: string
  /** What a browser that was sent here calls us: a page that makes its own name mean this machine does not. */
  readonly host: string
  /** Where the browser goes on to, so that the code stays in no history. */
  readonly done: string
}

/** The code that the browser brings with our state; whatever else comes is turned away. */
async function answered(listening: Server, { state, host, done }: Expected): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const late = setTimeout(() => {
    reject(new Failure('Nobody has answered in the browser.', { exitCode: EXIT.timeout, remedy: REMEDY }))
  }, PATIENCE_MS)
  listening.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { host: named } = request.headers
    const said = request.method === 'GET' && named === host ? queryOf(request.url ?? '') : undefined
    if (said?.get('state') !== state) {
      response.writeHead(404, { connection: 'close' }).end()
      return
    }
    const code = said.get('code')
    const headers = {
      location: done,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    }
    response.writeHead(303, headers).end(() => {
      if (code !== null) resolve(code)
      else reject(new Failure('You have said no in the browser.', { exitCode: EXIT.access, remedy: REMEDY }))
    })
  })
  try {
    return await promise
  } finally {
    clearTimeout(late)
  }
}

/** What an address like `/?state=…` says; undefined for any other. */
function queryOf(address: string): URLSearchParams | undefined {
  return address.startsWith('/?') ? new URLSearchParams(address.slice(2)) : undefined
}

const REMEDY = 'Begin anew, or make a token on the page of your account: flagmarshal login --paste'

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return address.port
}
