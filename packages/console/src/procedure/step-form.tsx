/**
 * The output of a step as a form made from its fields: what is lacking and what the server's checks
 * say while one types, what somebody else has saved in the meantime, and the request beside it.
 */
import { Button } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { fieldsOf, itemsOf, lackingOfBegun, sentFields } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { Fields, SuggestionsContext } from '../form/fields.tsx'
import type { Suggestions } from '../form/fields.tsx'
import { RolloutPlanForm } from '../plan/rollout-plan-form.tsx'
import { reading, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { useFeature } from './feature-layout.tsx'
import { liveChecks } from './live-checks.ts'
import type { LiveCheck } from './live-checks.ts'
import { SaveStep, StepRevision } from './save-step.tsx'
import { useStepDraft } from './step-draft.ts'
import { STEP_FIELDS } from './step-fields.ts'
import type { StepFormProps } from './step-forms.ts'

import classes from './feature.module.css'

type Output = Readonly<Record<string, unknown>>

export function StepForm({ step, run }: StepFormProps): ReactElement {
  const fields = STEP_FIELDS[step.id] ?? []
  const draft = useStepDraft<Output>({ step, run }, (it) => ({ ...sentFields(fields, it) }))
  const others = useOutputs(run)
  const lacks = lackingOfBegun(fields, draft.value)
  // The checks judge what is whole; of the rest `lacks` speaks.
  const checks = lacks.length > 0 ? [] : liveChecks(step.id, draft.body.output, others, run)
  return (
    <Card
      title="Output"
      beside={<StepRevision draft={draft} step={step} />}
      actions={step.id === 'plan' ? <Propose step={step} run={run} change={draft.change} /> : undefined}
    >
      <SuggestionsContext value={useSuggestions(step.id, draft.value, others)}>
        <Fields
          fields={step.id === 'plan' ? fields.filter((it) => it.kind !== 'json') : fields}
          value={draft.value}
          change={draft.change}
        />
      </SuggestionsContext>
      {step.id === 'plan' ? (
        <RolloutPlanForm project={run.project} run={run.id} value={draft.value} change={draft.change} />
      ) : null}
      <Live fields={fields} draft={draft.value} lacks={lacks} checks={checks} step={step} />
      <SaveStep draft={draft} step={step} run={run} what="the output" lacks={lacks} />
    </Card>
  )
}

/** The outputs of the steps by their ids, as they are saved. */
function useOutputs(run: Answer<'showRun'>): Readonly<Record<string, Output>> {
  const steps = run.steps.filter((it) => it.id === 'strategy' || STEP_FIELDS[it.id] !== undefined)
  const reads = useQueries({
    queries: steps.map((it) =>
      reading('showStep', { params: { project: run.project, run: run.id, step: String(it.number) } }),
    ),
  })
  return Object.fromEntries(reads.flatMap(({ data }) => (data === undefined ? [] : [[data.id, data.output]])))
}

/** What lines of the form may be filled with. */
function useSuggestions(step: string, draft: Output, others: Readonly<Record<string, Output>>): Suggestions {
  const { feature } = useFeature()
  const projects = useRead('listProjects')
  const plan = fieldsOf((step === 'plan' ? draft : (others['plan'] ?? {}))['plan'])
  const { technicalLead, operationsLead, productOwner } = feature.roles
  return {
    criteria: itemsOf(plan['criteria']).map((it) => String(fieldsOf(it)['id'])),
    people: [
      'technical-lead',
      'operations-lead',
      'product-owner',
      ...technicalLead,
      ...operationsLead,
      ...productOwner,
    ],
    environments: (projects.data?.items.find((it) => it.key === feature.project)?.environments ?? []).map(
      (it) => it.key,
    ),
  }
}

interface ProposeProps extends StepFormProps {
  readonly change: (fields: Output) => void
}

/** A plan to begin with; what a person has written stays. */
function Propose({ step, run, change }: ProposeProps): ReactElement {
  const propose = useWrite('proposeStep')
  const [why, setWhy] = useState<Answer<'proposeStep'>['reasons']>([])
  const params = { project: run.project, run: run.id, step: String(step.number) }
  const ask = async (): Promise<void> => {
    const proposal = await propose.mutateAsync([{ params, body: {} }]).catch(() => undefined)
    if (proposal === undefined) return
    setWhy(proposal.reasons)
    change({ ...proposal.output, ...step.output })
  }
  return (
    <>
      <span className="fm-dim">{why.map((it) => it.because).join(' ')}</span>
      <Button variant="default" size="xs" loading={propose.isPending} onClick={() => void ask()}>
        Propose one
      </Button>
      {propose.error === null ? null : <ErrorView error={propose.error} />}
    </>
  )
}

interface LiveProps {
  readonly fields: readonly Field[]
  readonly draft: Output
  readonly lacks: readonly string[]
  readonly checks: readonly LiveCheck[]
  readonly step: StepFormProps['step']
}

function Live({ fields, draft, lacks, checks, step }: LiveProps): ReactElement {
  const given = sentFields(fields, draft) ?? {}
  const missing = step.outputs.filter((it) => it.required && given[it.field] === undefined)
  return (
    <div role="status" aria-label="Live check">
      <ul className={classes['faults']}>
        {lacks.map((it) => (
          <li key={it}>
            <Status of="hold" word="Still needed" /> {it}
          </li>
        ))}
        {missing.length === 0 ? null : (
          <li>
            <Status of="hold" word="Needed for a Go" /> {missing.map((it) => it.title).join(' · ')}
          </li>
        )}
        {checks.map(({ id, outcome }) => (
          <li key={id}>
            <Status of={outcome.state} word={id} /> {outcome.findings.join('; ')}
          </li>
        ))}
      </ul>
    </div>
  )
}
