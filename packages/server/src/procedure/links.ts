/** Where everything about a run is found (P-A1): ticket, flag, monitoring, documents, approvals. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { Json } from '@flagmarshal/domain/audit/canonical'
import type { Run } from '@flagmarshal/domain/procedure/run'

import type { FeatureRow } from '../storage/procedures.ts'

type Link = RunView['links'][number]

/** The links; what does not exist yet is left out. Paths are of this server. */
export function linksOf({ project, flag, ticket }: FeatureRow, run: Run): Link[] {
  const base = `/api/v1/projects/${project}`
  const output = (step: number) => run.steps.find((it) => it.number === step)?.output ?? {}
  return [
    ...('url' in ticket ? [{ kind: 'ticket' as const, title: ticket.key, address: ticket.url }] : []),
    { kind: 'flag', title: flag, address: `${base}/flags/${encodeURIComponent(flag)}` },
    ...referred('monitoring', output(4)['dashboards'], 'name'),
    ...referred('documents', output(6)['documents'], 'document'),
    ...(run.approvals.length === 0
      ? []
      : [
          {
            kind: 'approvals' as const,
            title: 'Approvals',
            address: `${base}/audit?run=${run.id}&kind=approvals`,
          },
        ]),
  ]
}

/** Items of an output that have a reference. Each was parsed with its step's schema before it was stored. */
function referred(kind: Link['kind'], items: Json | undefined, name: string): Link[] {
  if (!Array.isArray(items)) return []
  return items.flatMap((item) => {
    const address = addressOf(member(item, 'reference'))
    return address === undefined ? [] : [{ kind, title: textOf(member(item, name)), address }]
  })
}

function addressOf(reference: Json | undefined): string | undefined {
  const [url, repository, issue] = ['url', 'repository', 'issue'].map((it) => member(reference, it))
  if (typeof url === 'string') return url
  if (typeof issue === 'string') return issue
  if (typeof repository !== 'string') return undefined
  const [commit, path] = ['commit', 'path'].map((it) => member(reference, it))
  return `${repository}@${textOf(commit)}${typeof path === 'string' ? `:${path}` : ''}`
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}
