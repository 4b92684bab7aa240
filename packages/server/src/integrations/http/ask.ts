/** Asking a monitoring program something over HTTP, with the credentials of its connection. */
import type { MonitoringAddress, Outgoing, OutgoingRequest } from '../interfaces.ts'

/** What it answered: parsed JSON, undefined where it was none. */
export type Asked =
  | { readonly kind: 'answered'; readonly status: number; readonly json: unknown }
  | { readonly kind: 'failed'; readonly why: string }

/** Sends to a path below the address. Never throws for what the other side does. */
export async function ask(
  outgoing: Outgoing,
  address: MonitoringAddress,
  path: string,
  request: Partial<Omit<OutgoingRequest, 'url'>> = {},
): Promise<Asked> {
  const answer = await outgoing.send({
    method: 'GET',
    ...request,
    url: `${address.url.replace(/\/+$/, '')}${path}`,
    headers: { accept: 'application/json', ...authorization(address), ...request.headers },
  })
  if (answer.kind !== 'answered') return { kind: 'failed', why: answer.why }
  return { kind: 'answered', status: answer.status, json: jsonOf(answer.body) }
}

function authorization({ user, secret }: MonitoringAddress): { authorization?: string } {
  if (secret === undefined) return {}
  if (user === undefined) return { authorization: `Bearer ${secret}` }
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
