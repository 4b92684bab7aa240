/** How far the run of a hook has come: its phases as they end, and the plan that a person confirms. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from '../exercise/exercise.module.css'

type HookRun = Answer<'showHookRun'>

const STATES: Readonly<Record<string, readonly [string, string]>> = {
  waiting: ['scheduled', 'Waiting'],
  running: ['observing', 'Running'],
  awaiting_confirmation: ['hold', 'Waits for a person to confirm the plan'],
  watching: ['observing', 'Done, being watched'],
  succeeded: ['pass', 'Succeeded'],
  failed: ['fail', 'Failed'],
}

export function HookRunView({ hook: it }: { readonly hook: HookRun }): ReactElement {
  const [state, word] = STATES[it.state] ?? [it.state, it.state]
  return (
    <div className={classes['exercise']}>
      <div>
        <Status of={state} word={word} />{' '}
        <strong>
          {it.hook}@{it.version}
        </strong>{' '}
        <span className="fm-dim">
          {it.mode} on {it.target}, back to {it.goesBackTo}, by {it.startedBy},{' '}
        </span>
        <TimeAgo at={it.startedAt} />
      </div>
      {it.problem === null ? null : <p>{it.problem}</p>}
      <ol className={classes['progress']} aria-label="Phases">
        {it.phases.map((phase) => (
          <li key={`${phase.phase} ${phase.at}`}>
            <span className={classes['after']}>{phase.ms.toLocaleString('en')} ms</span>{' '}
            <Status of={phase.ok ? 'pass' : 'fail'} word={phase.phase} /> {phase.said}
          </li>
        ))}
        {it.begun === null ? null : <li className="fm-dim">{it.begun.phase} is under way</li>}
        {it.watch === null
          ? null
          : it.watch.looks.map((look) => (
              <li key={`watch ${look.at}`}>
                <span className={classes['after']}>watched</span>{' '}
                <Status of={look.ok ? 'pass' : 'fail'} word={look.ok ? 'holds' : 'does not hold'} />{' '}
                {look.said}
              </li>
            ))}
      </ol>
      {it.state === 'awaiting_confirmation' && it.plan !== null ? (
        <ConfirmPlan hook={it} plan={it.plan} />
      ) : null}
      {it.confirmed === null ? null : (
        <p className="fm-dim">
          The plan <code>{it.confirmed.plan.slice(0, 12)}</code> was confirmed by {it.confirmed.by},{' '}
          <TimeAgo at={it.confirmed.at} />.
        </p>
      )}
    </div>
  )
}

interface ConfirmPlanProps {
  readonly hook: HookRun
  readonly plan: NonNullable<HookRun['plan']>
}

/** Data is put back only after a person has confirmed exactly this plan. */
function ConfirmPlan({ hook, plan }: ConfirmPlanProps): ReactElement {
  const confirm = useWrite('confirmHookRun')
  const [asking, setAsking] = useState(false)
  const params = { project: hook.project, hookRun: hook.id }
  return (
    <>
      <Button color="#c92a2a" size="xs" mt="xs" onClick={() => setAsking(true)}>
        Confirm the plan for {plan.rows.toLocaleString('en')} rows…
      </Button>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title="Put the data back"
        verb={`Change ${plan.rows.toLocaleString('en')} rows`}
        danger
        act={() => confirm.mutateAsync([{ params, body: { plan: plan.hash } }])}
      >
        <p className="fm-sentence">
          {plan.rows.toLocaleString('en')} rows are changed, about {plan.durationMs.toLocaleString('en')} ms,{' '}
          {plan.reversible ? 'and it can be undone' : 'and it cannot be undone'}. The checksum goes from{' '}
          <code>{plan.checksumBefore}</code> to <code>{plan.checksumAfter}</code>.
        </p>
        <CopyCommand command={`flagmarshal hook confirm ${hook.id} --plan ${plan.hash}`} />
      </Confirm>
    </>
  )
}
