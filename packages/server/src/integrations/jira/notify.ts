/**
 * Jira Cloud v3: a comment, a remote link and, where the channel names one, a transition.
 * https://developer.atlassian.com/cloud/jira/platform/rest/v3/
 *
 * Each part is done once however often the message is tried: the comment is looked for before it is
 * made, the link is found by its global id, a transition that is no longer offered was made.
 */
import { z } from 'zod'

import { outcomeOf } from '../http/outcome.ts'
import type { Message, Notify, Outgoing, OutgoingResult, Sent } from '../interfaces.ts'
import { adfOf } from './adf.ts'
import { createFollowUp } from './create-follow-up.ts'

const Settings = z.object({
  site: z.string(),
  email: z.string(),
  transition: z.string().optional(),
  followUpProject: z.string().optional(),
})

const Comments = z.object({ comments: z.array(z.object({ id: z.string(), body: z.unknown() })) })
const Made = z.object({ id: z.union([z.string(), z.number()]).transform(String) })
const RemoteLink = z.looseObject({ object: z.looseObject({}) })
const Transitions = z.object({ transitions: z.array(z.object({ id: z.string(), name: z.string() })) })

/** Comments looked through for one of ours. */
const RECENT = 100

/** The plan is approved: what the transition of the channel is for. */
const APPROVED = /\.rolloutplan\.approved$/

/** Carries the answer that ends a message early to where it is returned. */
class Ended extends Error {
  readonly sent: Sent
  constructor(sent: Sent) {
    super('the message ended early')
    this.sent = sent
  }
}

export type Ask = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>

/** Tells Jira. A signal about a feature without a ticket has nothing to do there. */
export function jiraNotify(outgoing: Outgoing): Notify {
  return async (message, { settings, secret }, now) => {
    const { ticket } = message.data
    const { site, email, transition, followUpProject } = Settings.parse(settings)
    const credentials = Buffer.from(`${email}:${secret ?? ''}`).toString('base64')
    const api = `${site.replace(/\/+$/, '')}/rest/api/3`
    const askAt =
      (base: string): Ask =>
      async (method, path, body) => {
        const result = await outgoing.send({
          method,
          url: `${base}${path}`,
          headers: {
            authorization: `Basic ${credentials}`,
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        return readOf(result, now)
      }
    try {
      const made =
        followUpProject === undefined ? undefined : await createFollowUp(askAt(api), message, followUpProject)
      const issue = made === undefined ? {} : { issue: made }
      if (typeof ticket !== 'string') return { kind: 'delivered', proof: { ticket: null, ...issue } }
      const ask = askAt(`${api}/issue/${encodeURIComponent(ticket)}`)
      const comment = await commentOnce(ask, message)
      const remoteLink = await linkOnce(ask, message)
      const moved =
        transition !== undefined && APPROVED.test(message.type) ? await move(ask, transition) : undefined
      return {
        kind: 'delivered',
        proof: {
          ticket,
          comment,
          remoteLink,
          ...issue,
          ...(moved === undefined ? {} : { transition: moved }),
        },
      }
    } catch (error) {
      if (error instanceof Ended) return error.sent
      if (error instanceof z.ZodError) return { kind: 'failed', why: 'it answered something unexpected' }
      throw error
    }
  }
}

/** The id of the comment. */
async function commentOnce(ask: Ask, message: Message): Promise<string> {
  const { comments } = Comments.parse(await ask('GET', `/comment?orderBy=-created&maxResults=${RECENT}`))
  const ours = comments.find((it) => JSON.stringify(it.body).includes(message.id))
  return ours?.id ?? Made.parse(await ask('POST', '/comment', { body: adfOf(message) })).id
}

/** The id of the link. Jira forgets every field that an update leaves out, so what is there is read first. */
async function linkOnce(ask: Ask, { data, source, headline, links }: Message): Promise<string> {
  const globalId = `${source}/features/${String(data['feature'])}`.slice(-255)
  const found = await ask('GET', `/remotelink?globalId=${encodeURIComponent(globalId)}`)
  const known = found === undefined ? undefined : RemoteLink.parse(found)
  const { id: _id, self: _self, ...kept } = known ?? { object: {} }
  const [first] = links
  return Made.parse(
    await ask('POST', '/remotelink', {
      application: { type: 'dev.flagmarshal', name: 'Flagmarshal' },
      relationship: 'is rolled out by',
      ...kept,
      globalId,
      object: {
        ...kept.object,
        url: first?.url ?? source,
        title: `Rollout of ${String(data['feature'])}`,
        summary: headline,
      },
    }),
  ).id
}

/** Ids of transitions differ by workflow, so it is looked up by its name. */
async function move(ask: Ask, name: string): Promise<string | null> {
  const { transitions } = Transitions.parse(await ask('GET', '/transitions'))
  const wanted = transitions.find((it) => it.name.toLowerCase() === name.toLowerCase())
  if (wanted === undefined) return null
  await ask('POST', '/transitions', { transition: { id: wanted.id } })
  return wanted.id
}

/** The JSON of a success; undefined for an empty one and for 404 on something that need not exist. */
function readOf(result: OutgoingResult, now: Date): unknown {
  if (result.kind === 'answered' && result.status === 404 && isNoLink(result.body)) return undefined
  const sent = outcomeOf(result, now, [])
  if (sent.kind !== 'delivered' || result.kind !== 'answered') throw new Ended(sent)
  const text = result.body.toString('utf8')
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Ended({ kind: 'failed', why: 'it answered something that is not JSON' })
  }
}

/** Jira answers 404 for a link that is not there and for an issue that is not; only the second is a failure. */
function isNoLink(body: Buffer): boolean {
  return /remote (issue )?link/i.test(body.toString('utf8'))
}
