/** A signal → what receivers are told: in words, with links, and with the head of the audit chain. */
import { headlineOf } from '@flagmarshal/domain/signal/headline'
import { z } from 'zod'

import { chainOf } from '../audit/chain.ts'
import type { Message } from '../integrations/interfaces.ts'
import { killAddress, killLink, MESSAGE_LINK_MS, noteLink } from '../kill-page/link.ts'
import type { Safe } from '../secret/seal.ts'
import { selectHead } from '../storage/audit.ts'
import type { Queries } from '../storage/database.ts'
import type { ClaimedDelivery } from '../storage/deliveries.ts'

const Data = z.record(z.string(), z.unknown())

/** Whom a message is made for. */
interface Told {
  /** Where people reach this server. */
  readonly address: string
  readonly safe: Safe
  /** Whether people read the channel, and only those who are meant to. */
  readonly people: boolean
  readonly now: Date
}

/** The message for a delivery. */
export async function messageOf(queries: Queries, { signal }: ClaimedDelivery, told: Told): Promise<Message> {
  const { id, type, subject, project, at } = signal
  const source = `${told.address}/api/v1/projects/${project}`
  const data = Data.parse(signal.data)
  const [off, links] = [await killLinks(queries, told, signal, data), linksOf(source, data)]
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
    ...(off[0] === undefined ? {} : { killPage: off[0].url }),
    // Buttons come first where people act; a ticket is linked with the first one.
    links: told.people ? [...off, ...links] : [...links, ...off],
    auditHead: `${head?.count ?? 0}:${head?.hash ?? ''}`,
  }
}

/** The sentence of a decision, or the reason of whoever acted. */
function detailOf(data: Message['data']): string {
  const said = ['sentence', 'reason', 'text', 'cause'].map((name) => data[name])
  return said.filter((it) => typeof it === 'string').join('\n')
}

/**
 * The kill page of the flag that a signal is about. What people read opens it at once; programs, and
 * tickets that are read by many and for ever, get the address alone, which asks who is there.
 */
async function killLinks(
  queries: Queries,
  { address, safe, people, now }: Told,
  { id, project }: ClaimedDelivery['signal'],
  { flag, environment }: Message['data'],
): Promise<Message['links']> {
  if (typeof flag !== 'string' || typeof environment !== 'string') return []
  const key = { project, environment, flag }
  const title = `Turn off ${flag} in ${environment}`
  if (!people) return [{ title, url: killAddress(address, key) }]
  const link = { id, by: id, until: new Date(now.getTime() + MESSAGE_LINK_MS) }
  await noteLink(queries, key, link)
  return [{ title, url: killLink(safe, address, key, link) }]
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
