/**
 * The issue that follows a rollback up. It carries a label with the rollback's id, by which it is found
 * before it is made, so that a message that is tried again makes no second one.
 */
import { z } from 'zod'

import type { Message } from '../interfaces.ts'
import { adfOf } from './adf.ts'
import type { Ask } from './notify.ts'

const Reported = z.object({
  rollback: z.string(),
  feature: z.string(),
  followUp: z.object({ owner: z.string(), due: z.string(), ticket: z.null() }),
})
const Found = z.object({ issues: z.array(z.object({ key: z.string() })) })
const Made = z.object({ key: z.string() })

/** The key of the issue; undefined where the message asks for none. */
export async function createFollowUp(
  ask: Ask,
  message: Message,
  project: string,
): Promise<string | undefined> {
  if (!message.type.endsWith('.rollback.reported')) return undefined
  const reported = Reported.safeParse(message.data).data
  if (reported === undefined) return undefined
  const { rollback, feature, followUp } = reported
  const label = `flagmarshal-${rollback}`
  const jql = encodeURIComponent(`project = "${project}" AND labels = "${label}"`)
  const found = Found.parse(await ask('GET', `/search/jql?jql=${jql}&fields=summary`))
  const [known] = found.issues
  if (known !== undefined) return known.key
  const fields = {
    project: { key: project },
    issuetype: { name: 'Task' },
    summary: `Root cause of the rollback of ${feature} (${followUp.owner})`,
    description: adfOf(message),
    duedate: followUp.due,
    labels: ['flagmarshal', label],
  }
  return Made.parse(await ask('POST', '/issue', { fields })).key
}
