/**
 * The issue that follows a rollback up, or in which a flag is removed from the code. It carries a label
 * by which it is found before it is made, so that a message that is tried again makes no second one.
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
const CleanUp = z.object({ flag: z.string(), owner: z.string() })
const Found = z.object({ issues: z.array(z.object({ key: z.string() })) })
const Made = z.object({ key: z.string() })

/** What is told of an issue. */
interface Wanted {
  readonly label: string
  readonly summary: string
  readonly due?: string
}

/** The key of the issue; undefined where the message asks for none. */
export async function createFollowUp(
  ask: Ask,
  message: Message,
  project: string,
): Promise<string | undefined> {
  const wanted = wantedBy(message)
  if (wanted === undefined) return undefined
  const { label, summary, due } = wanted
  const jql = encodeURIComponent(`project = "${project}" AND labels = "${label}"`)
  const found = Found.parse(await ask('GET', `/search/jql?jql=${jql}&fields=summary`))
  const [known] = found.issues
  if (known !== undefined) return known.key
  const fields = {
    project: { key: project },
    issuetype: { name: 'Task' },
    summary,
    description: adfOf(message),
    ...(due === undefined ? {} : { duedate: due }),
    labels: ['flagmarshal', label],
  }
  return Made.parse(await ask('POST', '/issue', { fields })).key
}

function wantedBy({ type, data }: Message): Wanted | undefined {
  if (type.endsWith('.rollback.reported')) {
    const reported = Reported.safeParse(data).data
    if (reported === undefined) return undefined
    const { rollback, feature, followUp } = reported
    const summary = `Root cause of the rollback of ${feature} (${followUp.owner})`
    return { label: `flagmarshal-${rollback}`, summary, due: followUp.due }
  }
  if (!type.endsWith('.flag.cleanup.requested')) return undefined
  const { flag, owner } = CleanUp.parse(data)
  return {
    label: `flagmarshal-clean-up-${flag}`,
    summary: `Remove the flag ${flag} from the code (${owner})`,
  }
}
