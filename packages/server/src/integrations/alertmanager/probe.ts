/** Whether Alertmanager answers. */
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type { Outgoing, ProbeMonitoring } from '../interfaces.ts'

const Status = z.object({ versionInfo: z.object({ version: z.string().max(100) }) })

/** Asks for its status. */
export function probeAlertmanager(outgoing: Outgoing): ProbeMonitoring {
  return async (address) => {
    const answer = await ask(outgoing, address, '/api/v2/status')
    if (answer.kind === 'failed') return { kind: 'fails', why: answer.why }
    if (answer.status !== 200) return { kind: 'fails', why: doorSentence('Alertmanager', answer.status) }
    const status = Status.safeParse(answer.json)
    if (!status.success) return { kind: 'fails', why: 'what answers is no Alertmanager' }
    return { kind: 'answers', what: `answers; version ${status.data.versionInfo.version}` }
  }
}
