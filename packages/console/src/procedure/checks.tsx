/** The checks of a step with their findings: run now, attest what no machine looks at here. */
import { Button, Group, Modal, Stack, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useFeature } from './feature-layout.tsx'

import classes from './feature.module.css'

type Step = Answer<'showStep'>
type Check = Step['checks'][number]

export function Checks({ step }: { readonly step: Step }): ReactElement | null {
  const { run } = useFeature()
  const start = useWrite('runChecks')
  const [attesting, setAttesting] = useState<Check | undefined>(undefined)
  const [settingAside, setSettingAside] = useState<Check | undefined>(undefined)
  if (step.checks.length === 0) return null
  const params = { project: run.project, run: run.id, step: String(step.number) }
  const passed = step.checks.filter((it) => it.state === 'pass').length
  return (
    <Card
      title="Checks"
      beside={<span className="fm-dim">{`${passed} of ${step.checks.length} pass`}</span>}
      actions={
        <Button
          variant="default"
          size="xs"
          disabled={step.state === 'locked'}
          loading={start.isPending}
          onClick={() => start.mutate([{ params }])}
        >
          Run the checks now
        </Button>
      }
      flush
    >
      {start.error === null ? null : <ErrorView error={start.error} />}
      {step.checks.map((it) => (
        <CheckRow
          key={it.id}
          check={it}
          attest={step.state === 'locked' ? undefined : () => setAttesting(it)}
          setAside={step.state === 'locked' ? undefined : () => setSettingAside(it)}
        />
      ))}
      {settingAside === undefined ? null : (
        <SetAside check={settingAside} params={params} close={() => setSettingAside(undefined)} />
      )}
      {attesting === undefined ? null : (
        <Attest check={attesting} params={params} close={() => setAttesting(undefined)} />
      )}
    </Card>
  )
}

interface CheckRowProps {
  readonly check: Check
  readonly attest: (() => void) | undefined
  readonly setAside: (() => void) | undefined
}

function CheckRow({ check: it, attest, setAside }: CheckRowProps): ReactElement {
  const { run } = useFeature()
  const state = it.notApplicable !== null ? 'not_applicable' : it.attested !== null ? 'attested' : it.state
  return (
    <div className={classes['check']}>
      <div>
        <Status of={state} />
        <div className={classes['why']}>{it.id}</div>
      </div>
      <div>
        {it.title}{' '}
        <span className="fm-dim">
          {it.at === null ? '' : <TimeAgo at={it.at} />}
          {it.blocksGo ? ' · keeps the step from Go' : ''}
        </span>
        {it.findings.length === 0 ? null : (
          <ul>
            {it.findings.map((finding) => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        )}
        {it.attested === null ? null : (
          <div className="fm-dim">
            {it.attested.by}: “{it.attested.statement}” ({it.attested.reference})
          </div>
        )}
        {it.state === 'not_in_this_version' && it.attested === null && attest !== undefined ? (
          <div>
            <Button variant="default" size="compact-xs" onClick={attest}>
              Attest it
            </Button>
          </div>
        ) : null}
        {it.notApplicable === null ? null : (
          <div className="fm-dim">
            {it.notApplicable.by}: “{it.notApplicable.reason}”
          </div>
        )}
        {it.evidence === null ? null : (
          <div className={classes['why']}>
            <Link to={paths.evidence(run.project, it.evidence)}>
              evidence <code>{it.evidence.slice(0, 12)}</code>
            </Link>
          </div>
        )}
        {it.mayBeNotApplicable && it.notApplicable === null && setAside !== undefined ? (
          <div>
            <Button variant="default" size="compact-xs" onClick={setAside}>
              It does not apply…
            </Button>
          </div>
        ) : null}
      </div>
    </div>
  )
}

/** Only items that the procedure marks so may be set aside, by the decider of the step (P-E12). */
function SetAside({ check, params, close }: AttestProps): ReactElement {
  const give = useWrite('giveEvidence')
  return (
    <Confirm
      opened
      close={close}
      title={`${check.id} does not apply`}
      verb="Set it aside"
      reason="Why it does not apply"
      act={(notApplicable) => give.mutateAsync([{ params, body: { check: check.id, notApplicable } }])}
    >
      <p className="fm-sentence">
        {check.title}. It counts as neither pass nor fail, and everybody who approves is shown it.
      </p>
    </Confirm>
  )
}

interface AttestProps {
  readonly check: Check
  readonly params: { readonly project: string; readonly run: string; readonly step: string }
  readonly close: () => void
}

function Attest({ check, params, close }: AttestProps): ReactElement {
  const give = useWrite('giveEvidence')
  const [statement, setStatement] = useState('')
  const [reference, setReference] = useState('')
  const send = async (): Promise<void> => {
    const body = { check: check.id, statement, reference }
    const given = await give.mutateAsync([{ params, body }]).catch(() => undefined)
    if (given !== undefined) close()
  }
  return (
    <Modal opened onClose={close} title={`Attest ${check.id}`} centered>
      <Stack gap="sm">
        <div>
          {check.title}. No machine looks at this in this version: your name stands for it, and it is never
          shown as passed.
        </div>
        <Textarea
          label="What you vouch for"
          required
          data-autofocus
          value={statement}
          onChange={(event) => setStatement(event.currentTarget.value)}
        />
        <TextInput
          label="Where that can be read"
          required
          value={reference}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
        {give.error === null ? null : <ErrorView error={give.error} />}
        <Group justify="flex-end">
          <Button
            loading={give.isPending}
            disabled={statement.trim() === '' || reference.trim() === ''}
            onClick={() => void send()}
          >
            Attest it
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
