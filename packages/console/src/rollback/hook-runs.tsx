/** The approved hooks of a rollback: started, watched, and confirmed where data is concerned. */
import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { fieldsOf } from '../form/field.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { HookRunView } from './hook-run.tsx'

import classes from '../exercise/exercise.module.css'

type Rollback = Answer<'showRollback'>
const PARTS = ['code', 'data', 'infrastructure'] as const
type Part = (typeof PARTS)[number]

export function HookRuns({ run }: { readonly run: Rollback }): ReactElement {
  const approved = PARTS.filter((it) => hasHook(run, it))
  return (
    <Card
      title="Hooks"
      beside={
        run.procedures === null ? (
          <span className="fm-dim">no rollback procedures were approved</span>
        ) : (
          <span className="fm-dim">
            as approved, <code>{run.procedures.hash.slice(0, 12)}</code>
          </span>
        )
      }
    >
      {approved.length === 0 ? (
        <Sentence>
          No hook was approved: what must be put back is put back by hand, in the steps below.
        </Sentence>
      ) : (
        approved.map((it) => <OnePart key={it} part={it} run={run} />)
      )}
      {run.hooks.map((it) => (
        <HookRunView key={it.id} hook={it} />
      ))}
    </Card>
  )
}

/** Whether the approved procedures name a hook for a part. */
function hasHook(run: Rollback, part: Part): boolean {
  const way = fieldsOf(fieldsOf(run.procedures?.content)[`${part}Rollback`])
  return way['hook'] !== undefined
}

function OnePart({ part, run }: { readonly part: Part; readonly run: Rollback }): ReactElement {
  const start = useWrite('runRollbackHook')
  const [asking, setAsking] = useState(false)
  const params = { project: run.project, rollback: run.id, part }
  const latest = run.hooks.findLast((it) => it.part === part)
  const busy = latest !== undefined && !['succeeded', 'failed'].includes(latest.state)
  return (
    <div className={classes['exercise']}>
      <Group gap={8}>
        <strong>{part}</strong>
        <Button size="compact-xs" disabled={busy} onClick={() => setAsking(true)}>
          Run it…
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          disabled={busy}
          loading={start.isPending}
          onClick={() => start.mutate([{ params, body: { mode: 'dry-run' } }])}
        >
          Dry run
        </Button>
      </Group>
      {start.error === null ? null : <ErrorView error={start.error} />}
      <CopyCommand
        command={`flagmarshal rollback hook ${run.id} ${part}`}
        request={`POST /api/v1/projects/${run.project}/rollbacks/${run.id}/hooks/${part}`}
      />
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title={`Put the ${part} back`}
        verb="Run the hook"
        danger
        act={() => start.mutateAsync([{ params, body: { mode: 'run' } }])}
      >
        <p className="fm-sentence">
          The hook runs in production, exactly as it was approved
          {part === 'data' ? ': it plans first, and applies nothing before a person confirms that plan' : ''}.
        </p>
      </Confirm>
    </div>
  )
}
