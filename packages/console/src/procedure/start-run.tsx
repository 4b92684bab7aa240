/** What sets a run of the procedure off: the first fact, which starts it, and later ones. */
import { Button, Group, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'

/** Each kind with the states that it can be in. */
const TRIGGERS = {
  feature_ready: ['ready'],
  documentation: ['completed', 'in_progress'],
  acceptance: ['completed', 'in_progress'],
  strategy_needed: ['needed'],
  orchestration: ['ready'],
} as const
type Kind = keyof typeof TRIGGERS

interface StartRunProps {
  readonly project: string
  readonly feature: string
}

export function StartRun({ project, feature }: StartRunProps): ReactElement {
  const start = useWrite('startRun')
  // Made once: a second press, or a repeat after a lost answer, gives the same run.
  const [idempotencyKey] = useState(() => crypto.randomUUID())
  return (
    <FactForm
      verb="Start the procedure"
      busy={start.isPending}
      error={start.error}
      send={(fact) =>
        start.mutate([{ params: { project, feature }, body: { triggers: [fact] }, idempotencyKey }])
      }
      twin={({ kind, state, source }) => (
        <CopyCommand
          command={`flagmarshal feature start ${feature} --trigger ${kind}=${state} --source ${quoted(source)}`}
          request={`POST /api/v1/projects/${project}/features/${feature}/runs ${JSON.stringify({ triggers: [{ kind, state, source }] })}`}
        />
      )}
    />
  )
}

/** What set a run off, and facts that came later; a later one changes the run, and starts no second one. */
export function Triggers({ run }: { readonly run: Answer<'showRun'> }): ReactElement {
  const record = useWrite('recordTrigger')
  const params = { project: run.project, run: run.id }
  return (
    <Card title="What set it off" beside={<span className="fm-dim">{run.triggers.length}</span>}>
      <ul>
        {run.triggers.map((it, index) => (
          // Facts are only added.
          <li key={index}>
            {Object.values(it)
              .filter((word) => typeof word === 'string')
              .join(', ')}
          </li>
        ))}
      </ul>
      {['completed', 'aborted'].includes(run.state) ? null : (
        <FactForm
          verb="Add this fact"
          busy={record.isPending}
          error={record.error}
          send={(fact) => record.mutate([{ params, body: fact }])}
          twin={({ kind, state }) => (
            <CopyCommand
              command={`flagmarshal feature trigger ${run.feature} ${kind}=${state}`}
              request={`POST /api/v1/projects/${run.project}/runs/${run.id}/triggers`}
            />
          )}
        />
      )}
    </Card>
  )
}

interface Fact {
  readonly kind: Kind
  readonly state: (typeof TRIGGERS)[Kind][number]
  readonly source: string
}

interface FactFormProps {
  readonly verb: string
  readonly busy: boolean
  readonly error: Error | null
  readonly send: (fact: Fact) => void
  readonly twin: (fact: Fact) => ReactElement
}

function FactForm({ verb, busy, error, send, twin }: FactFormProps): ReactElement {
  const me = useMe()
  const [kind, setKind] = useState<Kind>('feature_ready')
  const [state, setState] = useState<Fact['state']>('ready')
  const [source, setSource] = useState<string | undefined>(undefined)
  const says = source ?? me?.name ?? ''
  const choose = (value: string | null): void => {
    const next = Object.keys(TRIGGERS).find((it): it is Kind => it === value) ?? 'feature_ready'
    setKind(next)
    setState(TRIGGERS[next][0])
  }
  return (
    <>
      <Group align="flex-end">
        <Select
          label="Kind of fact"
          data={Object.keys(TRIGGERS).map((it) => ({ value: it, label: it.replace('_', ' ') }))}
          value={kind}
          onChange={choose}
        />
        <Select
          label="It is"
          data={TRIGGERS[kind].map((it) => ({ value: it, label: it.replace('_', ' ') }))}
          value={state}
          onChange={(value) => setState(TRIGGERS[kind].find((it) => it === value) ?? TRIGGERS[kind][0])}
        />
        <TextInput
          label="Who says so"
          value={says}
          onChange={(event) => setSource(event.currentTarget.value)}
        />
        <Button
          disabled={says.trim() === ''}
          loading={busy}
          onClick={() => send({ kind, state, source: says })}
        >
          {verb}
        </Button>
      </Group>
      {error === null ? null : <ErrorView error={error} />}
      {twin({ kind, state, source: says })}
    </>
  )
}
