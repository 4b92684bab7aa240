/** Issues and channels of a project, as far as references rest on them. */
import type { Sighting } from '@flagmarshal/domain/reference/model'

import type { FindIssue } from '../integrations/interfaces.ts'
import { channelOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { selectChannels } from '../storage/channels.ts'
import type { Queries } from '../storage/database.ts'

type Seen = Pick<Sighting, 'state' | 'note' | 'hash'>

export interface IssueParts {
  readonly queries: Queries
  readonly safe: Safe
  readonly findIssue: FindIssue
}

/** Looks an issue up through the project's Jira channel; unknown where there is none. */
export async function seeIssue(
  { queries, safe, findIssue }: IssueParts,
  project: string,
  issue: string,
): Promise<Seen> {
  const channels = await selectChannels(queries, project)
  const channel = channels.find((it) => it.kind === 'jira' && it.state === 'active')
  if (channel === undefined) return { state: 'unknown', note: `no Jira is connected to look up ${issue}` }
  const secret =
    channel.secret === null ? undefined : safe.open(channel.secret, channelOwner(project, channel.key))
  const answer = await findIssue(issue, { settings: channel.settings, secret })
  switch (answer.kind) {
    case 'found':
      return { state: 'found', hash: answer.hash, note: answer.summary.slice(0, 200) }
    case 'absent':
      return { state: 'absent', note: answer.why }
    case 'failed':
      return { state: 'unknown', note: answer.why }
  }
}

/** Whether every channel that people set up is in use: one that was given up reaches nobody. */
export async function seeChannels(queries: Queries, project: string): Promise<Seen> {
  const channels = await selectChannels(queries, project)
  const disabled = channels.filter((it) => it.state === 'disabled')
  if (disabled.length === 0) return { state: 'found', hash: 'channels', note: `${channels.length} in use` }
  const why = disabled.map((it) => `${it.key} is disabled: ${it.disabled_because ?? 'no reason is known'}`)
  return { state: 'absent', note: why.join('; ').slice(0, 1000) }
}
