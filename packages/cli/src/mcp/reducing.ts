/** Tools that take exposure away, or keep it from growing. They ask nobody. */
import { z } from 'zod'

import { AsAnswered, planned, request, writing } from './tool.ts'
import type { AddTool } from './tool.ts'

const Reason = z.string().min(1).describe('Why; it is kept in the audit chain and told to people.')

export const REDUCING: readonly AddTool[] = [
  writing(
    'flagmarshal_pause',
    {
      title: 'Pause a rollout',
      description:
        'Stop a rollout where it stands. Nobody is taken out; harm still rolls it back. A person resumes it.',
      destructive: false,
      idempotent: false,
      input: { rollout: z.string(), reason: Reason },
      output: { rollout: AsAnswered },
    },
    async (session, { rollout, reason }) =>
      planned(
        request('pauseRollout', { params: { project: session.project(), rollout }, body: { reason } }),
        (it) => ({ rollout: { ...it } }),
      ),
  ),
  writing(
    'flagmarshal_kill',
    {
      title: 'Turn a flag off at once',
      description:
        'Everybody in the environment gets the off variant. It asks no gate, ends a rollout of the flag, and is confirmed by every connected instance. Turning it on again is for people.',
      destructive: true,
      idempotent: true,
      input: {
        flag: z.string().min(1),
        environment: z.string().min(1),
        reason: Reason,
        idempotencyKey: z.string().min(8).max(100).optional(),
      },
      output: { kill: AsAnswered },
    },
    async (session, { flag, environment, reason, idempotencyKey }) =>
      planned(
        request('killFlag', {
          params: { project: session.project(), flag, environment },
          body: { reason },
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        }),
        (it) => ({ kill: { ...it } }),
      ),
  ),
]
