/**
 * Step 1, the strategy, as a form: a proposal with its reasons, the same rules as the server's checks
 * while one types, and the request beside it. The model for the forms of the other steps.
 */
import { lintLife, lintStrategy } from '@flagmarshal/domain/flag/lint'
import type { StrategyFacts, StrategyFault } from '@flagmarshal/domain/flag/lint'
import type { Strategy } from '@flagmarshal/domain/flag/strategy'
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { SaveStep, StepRevision } from './save-step.tsx'
import { useStepDraft } from './step-draft.ts'
import type { StepFormProps } from './step-forms.ts'
import { lacking, outputOf } from './strategy-draft.ts'
import type { StrategyDraft } from './strategy-draft.ts'
import { FlagPart, ImplementationPart, LifePart, ReviewPart, RolloutPart } from './strategy-parts.tsx'

import classes from './feature.module.css'

export function StrategyForm({ step, run }: StepFormProps): ReactElement {
  const draft = useStepDraft<StrategyDraft>({ step, run }, outputOf)
  const propose = useWrite('proposeStep')
  const [reasons, setReasons] = useState<Answer<'proposeStep'>['reasons']>([])
  const params = { project: run.project, run: run.id, step: String(step.number) }
  const ask = async (): Promise<void> => {
    const proposal = await propose.mutateAsync([{ params, body: {} }]).catch(() => undefined)
    if (proposal === undefined) return
    setReasons(proposal.reasons)
    // What a person has written stays; the proposal fills what is empty.
    draft.change({ ...(proposal.output as StrategyDraft), ...outputOf(draft.value) })
  }
  const parts = {
    value: draft.value,
    change: draft.change,
    because: (field: string) => reasons.find((it) => it.field === field)?.because,
  }
  const lacks = lacking(draft.value)
  return (
    <Card
      title="Strategy"
      beside={<StepRevision draft={draft} step={step} />}
      actions={
        <Button variant="default" size="xs" loading={propose.isPending} onClick={() => void ask()}>
          Propose one
        </Button>
      }
    >
      {propose.error === null ? null : <ErrorView error={propose.error} />}
      <ReviewPart {...parts} />
      <FlagPart {...parts} />
      <RolloutPart {...parts} />
      <ImplementationPart {...parts} />
      <LifePart {...parts} />
      <Faults faults={faultsOf(draft.value, factsOf(run))} lacks={lacks} />
      <SaveStep draft={draft} step={step} run={run} what="the strategy" lacks={lacks} />
    </Card>
  )
}

/** What the rules must agree with, from the inputs of the run. */
function factsOf(run: Answer<'showRun'>): StrategyFacts {
  const value = (id: string): object => Object(run.inputs.find((it) => it.id === id)?.value)
  const [code, need] = [new Map(Object.entries(value('P-I2'))), new Map(Object.entries(value('P-I9')))]
  const layers = code.get('layers') as
    | readonly { readonly layer: 'backend' | 'frontend' | 'middleware' }[]
    | undefined
  const required = need.get('mode') as 'gradual' | 'immediate' | undefined
  return {
    ...(layers === undefined ? {} : { codeLayers: layers.map((it) => it.layer) }),
    ...(required === undefined ? {} : { required }),
  }
}

/** The rules judge parts that are whole; of the others `lacking` speaks. */
function faultsOf(draft: StrategyDraft, facts: StrategyFacts): readonly StrategyFault[] {
  const whole = outputOf(draft) as Partial<Strategy>
  return [...lintStrategy(whole, facts), ...lintLife(whole)]
}

interface FaultsProps {
  readonly faults: readonly StrategyFault[]
  readonly lacks: readonly string[]
}

function Faults({ faults, lacks }: FaultsProps): ReactElement {
  return (
    <div role="status" aria-label="Live check">
      <ul className={classes['faults']}>
        {lacks.map((it) => (
          <li key={it}>
            <Status of="hold" word="Still needed" /> {it}
          </li>
        ))}
        {faults.map((it) => (
          <li key={it.rule}>
            <Status of="fail" word={it.rule} /> {it.message}
          </li>
        ))}
        {faults.length === 0 && lacks.length === 0 ? (
          <li>
            <Status of="pass" word="Nothing in it contradicts" />
          </li>
        ) : null}
      </ul>
    </div>
  )
}
