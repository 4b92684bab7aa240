/** Ending a run for good, with its cause and what was learned. */
import { Button, Select } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'

const CAUSES = [
  { value: 'feature_cancelled', label: 'The feature was cancelled' },
  { value: 'deployment_approach_changed', label: 'It is deployed in another way' },
  { value: 'other', label: 'Something else' },
] as const

export function Abort({ run }: { readonly run: Answer<'showRun'> }): ReactElement | null {
  const abort = useWrite('abortRun')
  const [asking, setAsking] = useState(false)
  const [cause, setCause] = useState<(typeof CAUSES)[number]['value']>('feature_cancelled')
  if (['completed', 'aborted'].includes(run.state)) return null
  const params = { project: run.project, run: run.id }
  const done = run.steps.filter((it) => it.state === 'go').length
  return (
    <div>
      <Button variant="default" size="xs" onClick={() => setAsking(true)}>
        Abort the run…
      </Button>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title={`Abort the run of ${run.feature}`}
        verb="Abort it"
        danger
        reason="What was learned"
        act={(lessons) => abort.mutateAsync([{ params, body: { cause, lessons } }])}
      >
        <p className="fm-sentence">
          The run ends for good; {done} of {run.steps.length} steps were Go. Nobody is exposed by it, nothing
          is deleted, and a new run begins at step 1.
        </p>
        <Select
          label="Cause"
          data={CAUSES.map((it) => ({ ...it }))}
          value={cause}
          onChange={(it) => setCause(CAUSES.find(({ value }) => value === it)?.value ?? 'other')}
        />
      </Confirm>
    </div>
  )
}
