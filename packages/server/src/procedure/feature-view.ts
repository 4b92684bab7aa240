/** A feature as the API shows it. */
import type { Feature } from '@flagmarshal/api/procedure-run'

import type { FeatureRow, RunRow } from '../storage/procedures.ts'

/** Row and newest run → what the API shows. */
export function featureView(row: FeatureRow, latest: Pick<RunRow, 'id' | 'state'> | undefined): Feature {
  const { technicalLead, operationsLead, productOwner } = row.roles
  return {
    project: row.project,
    key: row.key,
    name: row.name,
    team: row.team,
    ticket: row.ticket,
    stakeholders: row.stakeholders,
    roles: {
      technicalLead: [...technicalLead],
      operationsLead: [...operationsLead],
      productOwner: [...productOwner],
    },
    flag: row.flag,
    layers: row.layers,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    latestRun: latest === undefined ? null : { id: latest.id, state: latest.state },
  }
}
