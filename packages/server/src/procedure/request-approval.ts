/** Asking the roles for their approval: the bundle is kept, and they approve its hash. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { toJson } from '../storage/column.ts'
import { insertBundle } from '../storage/procedures.ts'
import { presentBundle } from './bundle.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { checkedAct, checkStep, keepChecked } from './run-checks.ts'
import type { CheckParts } from './run-checks.ts'
import { runView } from './run-view.ts'

/** Fixes the bundle. Refused while a subject is not reviewed or a check of the last step is open. */
export async function requestApproval(
  context: Context,
  parts: CheckParts,
  key: RunKey,
): Promise<RunView | Refusal> {
  const check = () => checkStep(context, parts, key, 'last')
  const changed = await checkedAct(check, (checked) =>
    changeRun(context, parts.database, key, async (present, tx) => {
      const refusal = await keepChecked(tx, context, present, checked)
      if (refusal !== undefined) return refusal
      const { content, hash } = presentBundle(present, present.facts)
      await insertBundle(tx, { run: present.run.id, hash, content: toJson(content), at: context.now })
      return {
        action: 'run.request-approval',
        after: { bundleHash: hash },
        event: {
          kind: 'approval-requested',
          bundleHash: hash,
          checks: checked.results,
          by: actorOf(context.actor),
        },
      }
    }),
  )
  return isRefusal(changed) ? changed : runView(changed)
}
