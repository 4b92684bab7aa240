/** How long what is recorded is kept, and what was deleted last. */
import type { ReactElement } from 'react'

import { number } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import { quoted } from '../ui/copy-command.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { EditCard } from './edit-card.tsx'
import type { Body } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

const FIELDS = [
  number('telemetry', 'Telemetry, in days', {
    help: 'Windows and minutes of use: what rollouts are judged by.',
  }),
  number('instances', 'Applications that are gone, in days'),
  number('deliveries', 'Signals that were delivered or given up, in days'),
  number('inbound', 'Events of other systems, in days'),
  number('sessions', 'Sessions that have ended, in days', { help: 'With where they were opened from.' }),
  number('personas', 'Personas that nobody saved anew, in days', {
    optional: true,
    help: 'Empty: for ever.',
  }),
]

export function Retention(): ReactElement {
  const read = useLive('showRetention')
  const write = useWrite('writeRetention')
  const cannot = useCannot('access:write')
  return (
    <SettingsPage title="Retention" actions={<Freshness of={[read]} />}>
      <Loaded read={read}>
        {({ days, revision, changedBy, lastRun }) => (
          <>
            <EditCard
              title="How long it is kept"
              says={`${changedBy === null ? 'As every installation begins.' : `Changed by ${changedBy}.`} Decisions, approvals, their evidence and the audit are kept for ever.`}
              what="retention"
              fields={FIELDS}
              stored={{ ...days }}
              revision={revision}
              cannot={cannot}
              bodyOf={bodyOf}
              save={(body, ifMatch) => write.mutateAsync([{ body, ifMatch }]).catch(() => undefined)}
              saving={write.isPending}
              error={write.error}
              command={(body) =>
                `echo ${quoted(JSON.stringify(body))} | flagmarshal retention write --file -`
              }
              request="PUT /api/v1/retention"
            />
            <Card title="The last deletion">
              {lastRun === null ? (
                <p className="fm-dim">None yet: what is too old is deleted every ten minutes.</p>
              ) : (
                <p>
                  <TimeAgo at={lastRun.at} />:{' '}
                  {Object.entries(lastRun.deleted)
                    .map(([kind, rows]) => `${rows} of ${kind}`)
                    .join(', ')}
                </p>
              )}
            </Card>
          </>
        )}
      </Loaded>
    </SettingsPage>
  )
}

function bodyOf(body: Body): Body {
  return { ...body, personas: body['personas'] ?? null }
}
