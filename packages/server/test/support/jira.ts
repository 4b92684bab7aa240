/**
 * A small Jira Cloud v3 with the traps of the real one: comments must be documents, an update of a
 * remote link forgets what it leaves out, transitions have ids of their workflow.
 */
import { startReceiver } from './receiver.ts'
import type { Received } from './receiver.ts'

type Link = Record<string, unknown> & { readonly id: number; readonly globalId: string }

export interface Jira extends AsyncDisposable {
  readonly url: string
  /** Of the one issue that there is. */
  readonly comments: { readonly id: string; readonly body: unknown }[]
  readonly links: Map<string, Link>
  /** Issues that were made, from SHOP-101. */
  readonly issues: { readonly key: string; readonly fields: Record<string, unknown> }[]
  status: string
  /** Answers everything with this status while it is set. */
  fails: number | undefined
  /** How often it was asked to write. */
  writes: number
}

/** The credentials that it accepts, and the issue that it has. */
export const JIRA = { email: 'bot@shop.example', token: 'jira-token', issue: 'SHOP-7' } as const

const FIELDS = ['application', 'relationship', 'object'] as const

/** Starts it. */
export async function startJira(): Promise<Jira> {
  const receiver = await startReceiver((request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(status === 429 ? { 'retry-after': '60' } : {}),
    })
    response.end(body === undefined ? '' : JSON.stringify(body))
  })
  const jira: Jira = {
    url: receiver.url,
    comments: [],
    links: new Map(),
    issues: [],
    status: 'In review',
    fails: undefined,
    writes: 0,
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
  return jira

  function answer({ method, path, headers, body }: Received): readonly [number, unknown?] {
    if (jira.fails !== undefined) return [jira.fails, { errorMessages: ['not now'] }]
    const expected = `Basic ${Buffer.from(`${JIRA.email}:${JIRA.token}`).toString('base64')}`
    if (headers['authorization'] !== expected) return [401, { errorMessages: ['who are you?'] }]
    const url = new URL(path, 'http://jira')
    if (url.pathname === '/rest/api/3/search/jql') {
      const label = /labels = "([^"]+)"/.exec(url.searchParams.get('jql') ?? '')?.[1]
      return [
        200,
        { issues: jira.issues.filter((it) => JSON.stringify(it.fields['labels']).includes(`"${label}"`)) },
      ]
    }
    if (method === 'POST' && url.pathname === '/rest/api/3/issue') return create(JSON.parse(body))
    const rest = `/rest/api/3/issue/${JIRA.issue}`
    if (method === 'GET' && url.pathname === rest)
      return [200, { key: JIRA.issue, fields: { summary: 'A new checkout', description: null } }]
    if (!url.pathname.startsWith(`${rest}/`)) return [404, { errorMessages: ['Issue does not exist'] }]
    const sent: Record<string, unknown> = body === '' ? {} : JSON.parse(body)
    if (method !== 'GET') jira.writes++
    const route = `${method} ${url.pathname.slice(rest.length)}`
    if (route === 'GET /comment') return [200, { comments: jira.comments }]
    if (route === 'POST /comment') return comment(sent)
    if (route === 'GET /remotelink') return link(url.searchParams.get('globalId') ?? '')
    if (route === 'POST /remotelink') return upsert(sent)
    if (route === 'GET /transitions') return [200, { transitions: offered() }]
    if (route === 'POST /transitions') return move(sent)
    return [404, {}]
  }

  function create({ fields }: { fields: Record<string, unknown> }): readonly [number, unknown] {
    if (typeof fields['description'] !== 'object')
      return [400, { errors: { description: 'must be a document' } }]
    const made = { key: `SHOP-${101 + jira.issues.length}`, fields }
    jira.issues.push(made)
    jira.writes++
    return [201, { id: '1', key: made.key }]
  }

  function comment({ body }: Record<string, unknown>): readonly [number, unknown] {
    if (typeof body !== 'object' || body === null)
      return [400, { errors: { comment: 'Comment body is not valid!' } }]
    const made = { id: String(10_000 + jira.comments.length), body }
    jira.comments.push(made)
    return [201, made]
  }

  function link(globalId: string): readonly [number, unknown] {
    const found = jira.links.get(globalId)
    return found === undefined
      ? [404, { errorMessages: [`No remote link with globalId ${globalId}`] }]
      : [200, { ...found, self: `${jira.url}/rest/api/3/issue/${JIRA.issue}/remotelink/${found.id}` }]
  }

  /** Whatever is not sent becomes null. */
  function upsert(sent: Record<string, unknown>): readonly [number, unknown] {
    const globalId = String(sent['globalId'])
    const known = jira.links.get(globalId)
    const id = known?.id ?? 20_000 + jira.links.size
    const fields = Object.fromEntries(FIELDS.map((name) => [name, sent[name] ?? null]))
    jira.links.set(globalId, { ...fields, id, globalId })
    return [known === undefined ? 201 : 200, { id, self: `${jira.url}/link` }]
  }

  function offered(): { readonly id: string; readonly name: string }[] {
    return jira.status === 'In review'
      ? [
          { id: '31', name: 'Ready for rollout' },
          { id: '41', name: 'Reject' },
        ]
      : []
  }

  function move({ transition }: Record<string, unknown>): readonly [number] {
    if (JSON.stringify(transition) !== '{"id":"31"}') return [400]
    jira.status = 'Ready for rollout'
    return [204]
  }
}
