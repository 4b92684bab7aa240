/**
 * Following a rollout until it ended: each decision once, and on a terminal one line that says
 * where it stands now.
 */
import { setTimeout as delay } from 'node:timers/promises'

import { statusLine } from './rollout-view.ts'
import type { Rollout } from './rollout-view.ts'
import type { Session } from './session.ts'

const ENDED: readonly Rollout['state'][] = ['completed', 'rolled_back', 'rollback_failed', 'aborted']
const CLEAR_LINE = '\r\u001B[2K'

/** Watches a rollout; answers it as it ended. */
export async function watch(
  session: Session,
  params: { project: string; rollout: string },
  everyMs: number,
): Promise<Rollout> {
  const live = session.streams.terminal && !session.quiet
  const clear = () => live && session.streams.err(CLEAR_LINE)
  for (let seen = 0; ;) {
    const rollout = await session.call('showRollout', { params })
    const { items } = await session.call('listRolloutDecisions', { params, query: { after: String(seen) } })
    clear()
    for (const it of items) session.say(`${it.at}  ${it.kind}: ${it.from} → ${it.to}  ${it.sentence}`)
    seen = items.at(-1)?.seq ?? seen
    if (ENDED.includes(rollout.state) && items.length === 0) return rollout
    if (live) session.streams.err(statusLine(rollout))
    if (!ENDED.includes(rollout.state)) await delay(everyMs)
  }
}
