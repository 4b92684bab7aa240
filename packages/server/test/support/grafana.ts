/**
 * A small real server that stands where Grafana would, with its traps: a dashboard is only taken with
 * the version that is stored (412), only from a token that it knows (401) and that may write (403).
 */
import type { ServerResponse } from 'node:http'

import { startReceiver } from './receiver.ts'
import type { Received, Receiver } from './receiver.ts'

export interface Grafana extends Receiver {
  readonly token: string
  /** May read, and nothing else. */
  readonly viewer: string
  /** Somebody saves the dashboard in the browser. */
  edit(uid: string): void
  readonly annotations: readonly unknown[]
}

interface Stored {
  version: number
  tags: string[]
}

const TOKEN = 'glsa_test_token'
const VIEWER = 'glsa_test_viewer'

/** Starts it; `edition` 13 has only the newer API of dashboards. */
export async function startGrafana(edition: 12 | 13 = 12): Promise<Grafana> {
  const stored = new Map<string, Stored>()
  const annotations: unknown[] = []
  const receiver = await startReceiver((request, response) => {
    const known = request.headers['authorization']
    if (request.path === '/api/health')
      return reply(response, 200, { database: 'ok', version: `${edition}.0.0` })
    if (known !== `Bearer ${TOKEN}` && known !== `Bearer ${VIEWER}`) return reply(response, 401, {})
    if (request.method !== 'GET' && known !== `Bearer ${TOKEN}`) return reply(response, 403, {})
    if (request.path === '/api/annotations') {
      annotations.push(JSON.parse(request.body))
      return reply(response, 200, { id: annotations.length, message: 'Annotation added' })
    }
    const [status, body] = edition === 12 ? older(stored, request) : newer(stored, request)
    reply(response, status, body)
  })
  return {
    ...receiver,
    token: TOKEN,
    viewer: VIEWER,
    annotations,
    edit(uid) {
      const it = stored.get(uid)
      if (it !== undefined) it.version += 1
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

function older(stored: Map<string, Stored>, { path, body }: Received): readonly [number, object] {
  if (path === '/api/dashboards/db') {
    const { dashboard, overwrite } = JSON.parse(body) as {
      dashboard: { uid: string; version?: number; tags: string[] }
      overwrite: boolean
    }
    const there = stored.get(dashboard.uid)
    if (there !== undefined && !overwrite && dashboard.version !== there.version)
      return [412, { status: 'version-mismatch', message: 'The dashboard has been changed by someone else' }]
    const next = { version: (there?.version ?? 0) + 1, tags: dashboard.tags }
    stored.set(dashboard.uid, next)
    return [
      200,
      { uid: dashboard.uid, url: `/d/${dashboard.uid}/x`, status: 'success', version: next.version },
    ]
  }
  const uid = /^\/api\/dashboards\/uid\/(.+)$/.exec(path)?.[1] ?? ''
  const there = stored.get(uid)
  if (there === undefined) return [404, { message: 'Dashboard not found' }]
  return [200, { dashboard: { uid, ...there }, meta: { url: `/d/${uid}/x` } }]
}

const RESOURCES = /^\/apis\/dashboard\.grafana\.app\/v1\/namespaces\/default\/dashboards(?:\/(.+))?$/

function newer(stored: Map<string, Stored>, { method, path, body }: Received): readonly [number, object] {
  const found = RESOURCES.exec(path)
  if (found === null) return [404, { message: 'Not found' }]
  if (method === 'GET') {
    const there = stored.get(found[1] ?? '')
    return there === undefined ? [404, {}] : [200, resource(there)]
  }
  const { metadata, spec } = JSON.parse(body) as {
    metadata: { name: string; resourceVersion?: string }
    spec: { tags: string[] }
  }
  const there = stored.get(metadata.name)
  if (there !== undefined && metadata.resourceVersion !== String(there.version)) return [409, {}]
  const next = { version: (there?.version ?? 0) + 1, tags: spec.tags }
  stored.set(metadata.name, next)
  return [there === undefined ? 201 : 200, resource(next)]
}

function resource({ version, tags }: Stored): object {
  return { metadata: { resourceVersion: String(version), generation: version }, spec: { tags } }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
