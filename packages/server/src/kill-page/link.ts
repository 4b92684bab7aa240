/**
 * Kill links: addresses that open the kill page of one flag in one environment without a session,
 * for whoever is called at night. What a link carries is sealed by the server (R17) and bound to its
 * project, environment and flag, so it can neither be made nor moved to another flag elsewhere. It can
 * do one thing, which is never dangerous, and ends by itself. Stored is that it was made, so that it can
 * be listed and revoked; what opens the page is neither stored nor logged.
 */
import type { KillLink, KillLinkEntry, NewKillLink } from '@flagmarshal/api/kill'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { noConfig } from '../flag/read.ts'
import { newId } from '../id.ts'
import { notFound } from '../refusals.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { keepKillLink, revokeLink, selectKillLinks } from '../storage/kill-links.ts'
import type { KillLinkRow } from '../storage/kill-links.ts'
import { selectProject } from '../storage/projects.ts'

/** How long the link in a message lasts: a night shift is longer, its first look is not. */
export const MESSAGE_LINK_MS = 4 * 3_600_000

const Content = z.strictObject({ id: z.string(), by: z.string(), until: z.number() })

/** What a link that is valid says of itself. */
export interface OpenedKillLink {
  readonly id: string
  /** Who made it: a person, a token, or the signal that it was sent with. */
  readonly by: string
  readonly until: Date
}

/** The page of a flag, without anything that opens it. */
export function killAddress(server: string, { project, environment, flag }: FlagConfigKey): string {
  return `${server}/k/${[project, environment, flag].map(encodeURIComponent).join('/')}`
}

/** The page of a flag with what opens it. `server` is where people reach this one. */
export function killLink(safe: Safe, server: string, key: FlagConfigKey, it: OpenedKillLink): string {
  const sealed = safe.seal(JSON.stringify({ ...it, until: it.until.getTime() }), ownerOf(key))
  return `${killAddress(server, key)}?t=${Buffer.from(sealed).toString('base64url')}`
}

/** The link behind the `t` of an address; undefined when it has ended, or was made for something else. */
export function openKillLink(
  safe: Safe,
  text: string,
  key: FlagConfigKey,
  now: Date,
): OpenedKillLink | undefined {
  const opened = safe.open(Buffer.from(text, 'base64url').toString('utf8'), ownerOf(key))
  if (opened === undefined) return undefined
  const { id, by, until } = Content.parse(JSON.parse(opened))
  return until <= now.getTime() ? undefined : { id, by, until: new Date(until) }
}

interface LinkParts {
  readonly database: Database
  readonly safe: Safe
  readonly address: string
}

/** Makes a link. Recorded is that it was made and by whom, never the link. */
export async function createKillLink(
  context: Context,
  { database, safe, address }: LinkParts,
  key: FlagConfigKey,
  { expiresInMinutes }: NewKillLink,
): Promise<KillLink | Refusal> {
  const until = new Date(context.now.getTime() + expiresInMinutes * 60_000)
  const made = { id: newId('link'), by: context.actor.id, until }
  return await database.transaction(async (tx) => {
    if ((await selectFlagConfig(tx, key)) === undefined) return noConfig(key)
    const { project, flag, environment } = key
    await noteLink(tx, key, made)
    await record(tx, context, {
      chain: { project },
      action: 'kill-link.create',
      subject: { kind: 'kill-link', id: made.id },
      after: { flag, environment, until },
    })
    return { id: made.id, link: killLink(safe, address, key, made), expiresAt: until.toISOString() }
  })
}

/** Keeps that a link was made, so that it is listed and can be revoked. */
export async function noteLink(queries: Queries, key: FlagConfigKey, it: OpenedKillLink): Promise<void> {
  const { project, environment, flag } = key
  await keepKillLink(queries, { ...it, project, environment, flag })
}

/** The links of a project that have not ended, the one that ends last first. */
export async function listKillLinks(
  { now }: Context,
  { kysely }: Database,
  project: string,
): Promise<readonly KillLinkEntry[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  return (await selectKillLinks(kysely, project, now)).map(entryOf)
}

/** Revokes a link: from now on it opens nothing. */
export async function revokeKillLink(
  context: Context,
  database: Database,
  { project, link: id }: { readonly project: string; readonly link: string },
): Promise<KillLinkEntry | Refusal> {
  return await database.transaction(async (tx) => {
    const revoked = await revokeLink(tx, { project, id }, { by: context.actor.id, at: context.now })
    if (revoked === undefined) return notFound('kill link that works', id)
    const { flag, environment } = revoked
    await record(tx, context, {
      chain: { project },
      action: 'kill-link.revoke',
      subject: { kind: 'kill-link', id },
      before: { flag, environment, until: revoked.until },
    })
    return entryOf(revoked)
  })
}

function entryOf(row: KillLinkRow): KillLinkEntry {
  const { id, flag, environment, by, until, revoked_at: revokedAt, revoked_by: revokedBy } = row
  return {
    id,
    flag,
    environment,
    by,
    expiresAt: until.toISOString(),
    ...(revokedAt === null ? {} : { revokedAt: revokedAt.toISOString() }),
    ...(revokedBy === null ? {} : { revokedBy }),
  }
}

function ownerOf({ project, environment, flag }: FlagConfigKey): string {
  return `kill-link/${project}/${environment}/${flag}`
}
