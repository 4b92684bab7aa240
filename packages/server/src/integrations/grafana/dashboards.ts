/**
 * Dashboards and annotations of Grafana: the API of versions up to 12 first, and where that is gone
 * the one of 13, which stores them as resources. Not run against a real Grafana in the tests, but
 * against a small server that has its traps.
 */
import type { Dashboard } from '@flagmarshal/domain/dashboard/panel'
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import type { Asked } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type {
  Dashboards,
  MonitoringAddress,
  MonitoringAnswer,
  Outgoing,
  StoredDashboard,
} from '../interfaces.ts'
import { dashboardJson } from './dashboard-json.ts'

const Pushed = z.object({ url: z.string(), version: z.int() })
const Opened = z.object({
  dashboard: z.object({ version: z.int(), tags: z.array(z.string()).nullish() }),
  meta: z.object({ url: z.string() }),
})
const Refused = z.object({ status: z.string().optional(), message: z.string().max(500).optional() })
const Resource = z.object({
  metadata: z.object({ resourceVersion: z.string().optional(), generation: z.int().default(1) }),
  spec: z.object({ tags: z.array(z.string()).nullish() }),
})

const RESOURCES = '/apis/dashboard.grafana.app/v1/namespaces/default/dashboards'
const MESSAGE = 'Flagmarshal: made from the rollout plan'

/** Through the one way out. */
export function grafanaDashboards(outgoing: Outgoing): Dashboards {
  const send = (address: MonitoringAddress, method: 'POST' | 'PUT', path: string, body: object) =>
    ask(outgoing, address, path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  async function push(
    address: MonitoringAddress,
    dashboard: Dashboard,
    folder: string | undefined,
    again = true,
  ): Promise<MonitoringAnswer<StoredDashboard>> {
    const there = await openOld(address, dashboard.uid)
    if (there.kind === 'failed') return there
    const { version } = there.value ?? {}
    const answer = await send(address, 'POST', '/api/dashboards/db', {
      dashboard: { ...dashboardJson(dashboard), id: null, ...(version === undefined ? {} : { version }) },
      ...(folder === undefined ? {} : { folderUid: folder }),
      message: MESSAGE,
      overwrite: false,
    })
    if (answer.kind === 'failed') return answer
    if (answer.status === 404) return await pushResource(address, dashboard, folder)
    if (answer.status === 412) {
      const said = Refused.safeParse(answer.json).data
      // Somebody saved it between our look and our push; what is generated wins, once.
      if (said?.status === 'version-mismatch' && again) return await push(address, dashboard, folder, false)
      return { kind: 'failed', why: `Grafana refuses the dashboard: ${said?.status ?? said?.message ?? 412}` }
    }
    return parsed(answer, Pushed, (it) => ({ ...it, tags: dashboard.tags }))
  }

  async function pushResource(
    address: MonitoringAddress,
    dashboard: Dashboard,
    folder: string | undefined,
  ): Promise<MonitoringAnswer<StoredDashboard>> {
    const { uid } = dashboard
    const there = await ask(outgoing, address, `${RESOURCES}/${uid}`)
    if (there.kind === 'failed') return there
    const version =
      there.status === 200 ? Resource.safeParse(there.json).data?.metadata.resourceVersion : undefined
    const body = {
      apiVersion: 'dashboard.grafana.app/v1',
      kind: 'Dashboard',
      metadata: {
        name: uid,
        ...(version === undefined ? {} : { resourceVersion: version }),
        annotations: folder === undefined ? {} : { 'grafana.app/folder': folder },
      },
      spec: dashboardJson(dashboard),
    }
    const answer =
      version === undefined
        ? await send(address, 'POST', RESOURCES, body)
        : await send(address, 'PUT', `${RESOURCES}/${uid}`, body)
    return parsed(answer, Resource, (it) => resourceView(uid, it))
  }

  async function openOld(
    address: MonitoringAddress,
    uid: string,
  ): Promise<MonitoringAnswer<StoredDashboard | undefined>> {
    const answer = await ask(outgoing, address, `/api/dashboards/uid/${uid}`)
    if (answer.kind === 'answered' && answer.status === 404) return { kind: 'answered', value: undefined }
    return parsed(answer, Opened, ({ dashboard, meta }) => ({
      url: meta.url,
      version: dashboard.version,
      tags: dashboard.tags ?? [],
    }))
  }

  return {
    push: (address, dashboard, folder) => push(address, dashboard, folder),
    async open(address, uid) {
      const old = await openOld(address, uid)
      if (old.kind === 'failed' || old.value !== undefined) return old
      const answer = await ask(outgoing, address, `${RESOURCES}/${uid}`)
      if (answer.kind === 'answered' && answer.status === 404) return { kind: 'answered', value: undefined }
      return parsed(answer, Resource, (it) => resourceView(uid, it))
    },
    async annotate(address, { uid, at, tags, text }) {
      const answer = await send(address, 'POST', '/api/annotations', {
        dashboardUID: uid,
        time: at.getTime(),
        tags,
        text,
      })
      return parsed(answer, z.unknown(), () => undefined)
    },
    json: dashboardJson,
  }
}

function resourceView(uid: string, { metadata, spec }: z.output<typeof Resource>): StoredDashboard {
  return { url: `/d/${uid}`, version: metadata.generation, tags: spec.tags ?? [] }
}

function parsed<S extends z.ZodType, T>(
  answer: Asked,
  schema: S,
  take: (value: z.output<S>) => T,
): MonitoringAnswer<T> {
  if (answer.kind === 'failed') return answer
  if (answer.status !== 200 && answer.status !== 201)
    return { kind: 'failed', why: doorSentence('Grafana', answer.status) }
  const found = schema.safeParse(answer.json)
  if (!found.success) return { kind: 'failed', why: 'what answers is no Grafana' }
  return { kind: 'answered', value: take(found.data) }
}
