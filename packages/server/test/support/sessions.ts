/** Requests as the console sends them: with a cookie, its header and its origin. */
import { operations } from '@flagmarshal/api'
import type { OperationId } from '@flagmarshal/api'
import type { Role } from '@flagmarshal/domain/access/permission'

import { expectOk } from '../../../../tests/support/server.ts'
import type { TestServer } from '../../../../tests/support/server.ts'

export const PASSWORD = 'seven grey herons at dusk'

export interface Sent {
  readonly body?: unknown
  readonly cookie?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

/** The headers of a page at this address. */
export function page(address: string): Record<string, string> {
  return { origin: address, 'flagmarshal-console': '1' }
}

/** Sends it; the answer with what it says of cookies. */
export async function sendTo(at: string, id: OperationId, { body, cookie, headers, path }: Sent = {}) {
  const { method, path: usual } = operations[id]
  const answer = await fetch(`${at}${path ?? usual}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(headers ?? page(at)),
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const set = answer.headers.get('set-cookie')
  const json: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
  return { status: answer.status, json, set, cookie: set?.split(';')[0], headers: answer.headers }
}

/** The secret of a link that lets somebody join. */
export async function invite(server: TestServer, roles: readonly Role[]): Promise<string> {
  const body = { roles: [...roles], expiresInHours: 1 }
  return expectOk(await server.admin.call('createInvitation', { body })).link.split('#')[1] ?? ''
}

/** Somebody new with these roles and the usual password; the cookie of their session. */
export async function join(server: TestServer, id: string, roles: readonly Role[]): Promise<string> {
  const body = { secret: await invite(server, roles), id, name: id, password: PASSWORD }
  const joined = await sendTo(server.address, 'acceptInvitation', { body })
  if (joined.status !== 201) throw new Error(`${id} could not join: ${JSON.stringify(joined.json)}`)
  return joined.cookie ?? ''
}
