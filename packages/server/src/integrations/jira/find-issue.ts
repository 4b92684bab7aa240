/**
 * Looking an issue up in Jira Cloud v3. What counts as a change of it is another summary or
 * description: comments, also our own, are none.
 */
import { createHash } from 'node:crypto'

import { canonical } from '@flagmarshal/domain/audit/canonical'
import { z } from 'zod'

import type { FindIssue, Outgoing } from '../interfaces.ts'

const Settings = z.object({ site: z.string(), email: z.string() })
const Issue = z.object({
  key: z.string(),
  fields: z.object({ summary: z.string(), description: z.json().default(null) }),
})

/** Finds issues with the account of a channel. */
export function jiraIssues(outgoing: Outgoing): FindIssue {
  return async (issue, { settings, secret }) => {
    const { site, email } = Settings.parse(settings)
    const credentials = Buffer.from(`${email}:${secret ?? ''}`).toString('base64')
    const answer = await outgoing.send({
      method: 'GET',
      url: `${site.replace(/\/+$/, '')}/rest/api/3/issue/${encodeURIComponent(issue)}?fields=summary,description`,
      headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
    })
    if (answer.kind !== 'answered') return { kind: 'failed', why: answer.why }
    if (answer.status === 404)
      return { kind: 'absent', why: `Jira has no issue ${issue} that the account sees` }
    if (answer.status !== 200) return { kind: 'failed', why: `Jira answers ${answer.status}` }
    const found = Issue.safeParse(jsonOf(answer.body))
    if (!found.success) return { kind: 'failed', why: 'Jira answered something unexpected' }
    const { summary } = found.data.fields
    const hash = createHash('sha256').update(canonical(found.data.fields)).digest('hex')
    return { kind: 'found', hash, summary }
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
