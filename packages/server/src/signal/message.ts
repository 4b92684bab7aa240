/** A signal → what receivers are told: in words, with links, and with the head of the audit chain. */
import { headlineOf } from '@flagmarshal/domain/signal/headline'
import { z } from 'zod'

import { chainOf } from '../audit/chain.ts'
import type { Message } from '../integrations/interfaces.ts'
import { selectHead } from '../storage/audit.ts'
import type { Queries } from '../storage/database.ts'
import type { ClaimedDelivery } from '../storage/deliveries.ts'

const Data = z.record(z.string(), z.unknown())

/** The message for a delivery; `address` is where people reach this server. */
export async function messageOf(
  queries: Queries,
  { signal }: ClaimedDelivery,
  address: string,
): Promise<Message> {
  const { id, type, subject, project, at } = signal
  const source = `${address}/api/v1/projects/${project}`
  const data = Data.parse(signal.data)
  const head = await selectHead(queries, chainOf({ project }))
  return {
    id,
    type,
    source,
    subject,
    at,
    data,
    headline: headlineOf(type, subject),
    detail: detailOf(data),
    links: linksOf(source, data),
    auditHead: `${head?.count ?? 0}:${head?.hash ?? ''}`,
  }
}

/** The sentence of a decision, or the reason of whoever acted. */
function detailOf(data: Message['data']): string {
  const said = ['sentence', 'reason', 'text', 'cause'].map((name) => data[name])
  return said.filter((it) => typeof it === 'string').join('\n')
}

function linksOf(source: string, { run, rollout, feature }: Message['data']): Message['links'] {
  const link = (title: string, path: string, of: unknown) =>
    typeof of === 'string' ? [{ title, url: `${source}/${path.replace('*', encodeURIComponent(of))}` }] : []
  return [
    ...link('Run', 'runs/*', run),
    ...link('Rollout', 'rollouts/*', rollout),
    ...link('Feature', 'features/*', feature),
  ]
}
