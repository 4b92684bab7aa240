/**
 * Outgoing HTTP under R16: the name is resolved once and the connection goes to that address, so a
 * second answer of the DNS cannot lead elsewhere; addresses of the operator's own network are
 * refused; time and size are limited; redirects stay on their host. `fetch` is not used because it
 * cannot be told where to connect.
 */
import { lookup as lookUp } from 'node:dns/promises'
import { request as requestHttp } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'

import type { Outgoing, OutgoingAddresses, OutgoingRequest, OutgoingResult } from '../interfaces.ts'
import { createAddressRules } from './address-rules.ts'
import type { AddressRules } from './address-rules.ts'

const TIMEOUT_MS = 15_000
const MAX_BYTES = 1_048_576
const MOST_REDIRECTS = 3

/** The addresses of a name, as `lookup` of `node:dns/promises` gives them. */
export type LookUp = (
  host: string,
  options: { readonly all: true; readonly verbatim: true },
) => Promise<readonly { readonly address: string; readonly family: number }[]>

interface Rules {
  readonly addresses: AddressRules
  readonly names: LookUp
}

/**
 * The way out, with the hosts, addresses and ranges that the operator allows beside the internet;
 * `stopping` ends what is under way; names are looked up as the system does unless given otherwise.
 */
export function createOutgoing(
  allowed: readonly string[],
  stopping?: AbortSignal,
  names: LookUp = lookUp,
): Outgoing {
  const rules: Rules = { addresses: createAddressRules(allowed), names }
  return {
    send(request) {
      const late = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS)
      return send(rules, request, stopping === undefined ? late : AbortSignal.any([late, stopping]))
    },
    resolve: (host) => resolve(rules, host),
  }
}

async function send(rules: Rules, request: OutgoingRequest, deadline: AbortSignal): Promise<OutgoingResult> {
  const first = urlOf(request.url)
  if (first === undefined) return { kind: 'refused', why: 'the address is no http or https address' }
  let url = first
  for (let redirects = 0; ; redirects++) {
    const result = await sendOnce(rules, { request, url, deadline })
    const location = result.kind === 'answered' ? redirectOf(result) : undefined
    // Only reading may be repeated elsewhere; whoever posts is told of the redirect as it is.
    if (location === undefined || request.method !== 'GET') return result
    if (redirects === MOST_REDIRECTS) return { kind: 'refused', why: `${url.host} redirects too often` }
    const next = urlOf(location, url)
    if (next === undefined || next.host !== url.host || next.protocol !== url.protocol) {
      return { kind: 'refused', why: `${url.host} redirects to another host` }
    }
    url = next
  }
}

interface Attempt {
  readonly request: OutgoingRequest
  readonly url: URL
  readonly deadline: AbortSignal
}

async function sendOnce(rules: Rules, attempt: Attempt): Promise<OutgoingResult> {
  const { url, deadline } = attempt
  if (url.username !== '' || url.password !== '') {
    return { kind: 'refused', why: 'the address holds a user or password' }
  }
  const found = await inTime(resolve(rules, hostOf(url)), deadline)
  if (found === undefined) return { kind: 'failed', why: `the name ${url.hostname} was not found in time` }
  if (found.kind !== 'found') return found
  try {
    return await exchange(attempt, found.addresses)
  } catch (error) {
    if (deadline.aborted) return { kind: 'failed', why: `${url.host} took too long to answer` }
    return { kind: 'failed', why: `${url.host} cannot be reached: ${codeOf(error)}` }
  }
}

async function resolve({ addresses: rules, names }: Rules, host: string): Promise<OutgoingAddresses> {
  let found: readonly { address: string; family: number }[]
  try {
    found =
      isIP(host) === 0
        ? await names(host, { all: true, verbatim: true })
        : [{ address: host, family: isIP(host) }]
  } catch (error) {
    return { kind: 'failed', why: `the name ${host} is not found: ${codeOf(error)}` }
  }
  const addresses = rules.allowsName(host) ? found : found.filter((it) => rules.allowsAddress(it.address))
  if (addresses.length > 0) return { kind: 'found', addresses }
  return {
    kind: 'refused',
    why: `${host} is an address of this network; allow it with FLAGMARSHAL_OUTGOING_ALLOW`,
  }
}

type Addresses = Extract<OutgoingAddresses, { readonly kind: 'found' }>['addresses']

function exchange({ request, url, deadline }: Attempt, addresses: Addresses): Promise<OutgoingResult> {
  const options: RequestOptions = {
    method: request.method,
    headers: {
      'user-agent': 'flagmarshal',
      // Nothing is ever unpacked: a few bytes could become gigabytes.
      'accept-encoding': 'identity',
      ...request.headers,
      ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
    },
    // No connection is kept: the next request resolves and checks the name anew.
    agent: false,
    signal: deadline,
    lookup: (_host, { all }, done) => {
      const [first] = addresses
      if (all === true) done(null, [...addresses])
      else done(null, first?.address ?? '', first?.family)
    },
  }
  return new Promise((fulfil, reject) => {
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (answer) => {
      readAnswer(answer, url.host, request.maxBytes ?? MAX_BYTES).then(fulfil, reject)
    })
    outgoing.on('error', reject)
    outgoing.end(request.body)
  })
}

/** Reads to the end; leaving the loop early ends the connection. */
async function readAnswer(answer: IncomingMessage, host: string, maxBytes: number): Promise<OutgoingResult> {
  const { 'content-encoding': encoding = 'identity' } = answer.headers
  if (encoding !== 'identity') {
    answer.destroy()
    return { kind: 'failed', why: `${host} answered packed, which was not asked for` }
  }
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBytes) return { kind: 'failed', why: `${host} answered with more than is read` }
    parts.push(part)
  }
  const body = Buffer.concat(parts)
  return { kind: 'answered', status: answer.statusCode ?? 0, headers: headersOf(answer), body }
}

function headersOf(answer: IncomingMessage): Record<string, string> {
  const entries = Object.entries(answer.headers)
  return Object.fromEntries(entries.map(([name, value]) => [name, [value ?? []].flat().join(', ')]))
}

function redirectOf(answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> }) {
  return [301, 302, 303, 307, 308].includes(answer.status) ? answer.headers['location'] : undefined
}

function urlOf(text: string, base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href)
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

/** IPv6 addresses stand in brackets in addresses of the web, and nowhere else. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

async function inTime<T>(work: Promise<T>, deadline: AbortSignal): Promise<T | undefined> {
  if (deadline.aborted) return undefined
  const { promise, resolve: stop } = Promise.withResolvers<undefined>()
  const onAbort = () => stop(undefined)
  deadline.addEventListener('abort', onAbort, { once: true })
  return await Promise.race([work, promise]).finally(() => deadline.removeEventListener('abort', onAbort))
}

/** The system's code of an error: its sentence may repeat the address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof AggregateError ? codeOf(error.errors[0]) : error.name
}
