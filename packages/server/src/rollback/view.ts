/** The verification of a rollback as it is shown. */
import type { RollbackReport } from '@flagmarshal/api/rollback-report'
import { rollbackDeadline } from '@flagmarshal/domain/rollback/outcome'
import type { RollbackFacts } from '@flagmarshal/domain/rollback/outcome'

import { foundOf } from './facts.ts'
import type { Rollback, RollbackFound } from './facts.ts'

/** The verification as it stands. */
export function verificationView(rollback: Rollback): RollbackReport['verification'] {
  return foundView(foundOf(rollback), rollback.facts)
}

/** The verification as it was found. */
export function foundView(
  { verification, exposure }: RollbackFound,
  rolledBack: Pick<RollbackFacts, 'at' | 'windowMs'>,
): RollbackReport['verification'] {
  const { instances, ...counts } = verification
  return {
    ...counts,
    at: rolledBack.at.toISOString(),
    instances: [...instances],
    exposure,
    deadline: rollbackDeadline(rolledBack).toISOString(),
  }
}
