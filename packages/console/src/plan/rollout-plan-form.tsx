/**
 * The rollout plan editor: stages and increments, criteria, calendar, templates, and what the plan can
 * do, side by side with writing it. It holds no state of its own: whoever shows it keeps the draft.
 */
import { Button, JsonInput, NumberInput, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import { Criteria } from './criteria.tsx'
import { DurationInput } from './duration-input.tsx'
import { PlanCalendar } from './plan-calendar.tsx'
import type { PlanDraft } from './plan-draft.ts'
import { PlanReviews } from './plan-reviews.tsx'
import { PlanTrial } from './plan-trial.tsx'
import { Stages } from './stages.tsx'
import type { PartProps } from './stages.tsx'

import classes from './plan.module.css'

export interface RolloutPlanFormProps {
  readonly project: string
  /** The run whose traffic and inputs the plan is tried on. */
  readonly run: string
  /** Fields of step 3; others that it has are left alone. */
  readonly value: PlanDraft
  /** Replaces fields. */
  readonly change: (fields: Partial<PlanDraft>) => void
  /** Variants of the flag, to choose from. */
  readonly variants?: readonly string[]
}

type Plan = NonNullable<PlanDraft['plan']>

export function RolloutPlanForm(props: RolloutPlanFormProps): ReactElement {
  const { project, run, value, change, variants = ['on', 'off'] } = props
  const { plan } = value
  if (plan === undefined) {
    return (
      <div className={classes['form']}>
        <p>There is no plan yet. Begin with one of these; everything in it can be changed.</p>
        <Templates change={change} variants={variants} />
      </div>
    )
  }
  const part: PartProps = { project, draft: { ...value, plan }, change }
  return (
    <div className={classes['form']}>
      <Whole draft={part.draft} change={change} variants={variants} />
      <Stages {...part} />
      <Criteria draft={part.draft} change={change} />
      <PlanTrial project={project} run={run} draft={part.draft} />
      <PlanCalendar {...part} />
      <PlanReviews draft={part.draft} change={change} />
      <details>
        <summary>Begin anew with a template</summary>
        <Templates change={change} variants={variants} current={plan} />
      </details>
      <AsJson plan={plan} change={change} />
    </div>
  )
}

/** What the built-in template leaves to the server's defaults. */
const SERVED = { bucketBy: 'targetingKey', expectedKeys: 20_000 } as const

interface TemplatesProps {
  readonly change: RolloutPlanFormProps['change']
  readonly variants: readonly string[]
  readonly current?: Plan
}

function Templates({ change, variants, current }: TemplatesProps): ReactElement {
  const templates = useRead('listPlanTemplates')
  const [key, setKey] = useState<string | null>(null)
  const items = templates.data?.items ?? []
  const chosen = items.find((it) => it.key === key) ?? items[0]
  const [treatment = 'on', control = 'off'] = variants
  const begin = (): void => {
    if (chosen === undefined) return
    const own = current ?? { environment: 'production', treatment, control }
    const plan = {
      ...SERVED,
      ...chosen.plan,
      environment: own.environment,
      treatment: own.treatment,
      control: own.control,
    }
    // The server has checked the shape of a template; what it lacks a plan adds here.
    change({ plan: plan as Plan })
  }
  return (
    <div className={classes['fields']}>
      <Select
        label="Template"
        description={chosen?.description}
        data={items.map((it) => ({ value: it.key, label: it.name }))}
        value={chosen?.key ?? null}
        onChange={setKey}
      />
      <Button variant="default" disabled={chosen === undefined} onClick={begin}>
        {current === undefined ? 'Begin with it' : 'Replace the plan with it'}
      </Button>
    </div>
  )
}

interface WholeProps extends Omit<PartProps, 'project'> {
  readonly variants: readonly string[]
}

function Whole({ draft: { plan }, change, variants }: WholeProps): ReactElement {
  const set = (fields: Partial<Plan>): void => change({ plan: { ...plan, ...fields } })
  const choices = [...new Set([...variants, plan.treatment, plan.control])]
  return (
    <section aria-label="The whole">
      <div className={classes['fields']}>
        <TextInput
          label="Environment"
          value={plan.environment}
          onChange={(event) => set({ environment: event.currentTarget.value })}
        />
        <Select
          label="Exposed are served"
          data={choices}
          value={plan.treatment}
          onChange={(it) => set({ treatment: it ?? plan.treatment })}
        />
        <Select
          label="Everybody else is served"
          data={choices}
          value={plan.control}
          onChange={(it) => set({ control: it ?? plan.control })}
        />
        <NumberInput
          label="Users expected"
          min={1}
          thousandSeparator=","
          value={plan.expectedKeys}
          onChange={(it) => {
            if (typeof it === 'number' && it >= 1) set({ expectedKeys: it })
          }}
        />
        <DurationInput label="Window" ms={plan.windowMs} set={(windowMs) => set({ windowMs })} />
        <NumberInput
          label="Windows observed first"
          min={0}
          value={plan.observeWindows}
          onChange={(it) => set({ observeWindows: typeof it === 'number' ? it : 0 })}
        />
        <NumberInput
          label="Held back at the last, %"
          min={0}
          max={50}
          value={plan.holdback}
          onChange={(it) => set({ holdback: typeof it === 'number' ? it : 0 })}
        />
        <DurationInput label="Watched after 100 %" ms={plan.watchMs} set={(watchMs) => set({ watchMs })} />
      </div>
    </section>
  )
}

/** Everything that the fields do not show: the plan as it is stored. */
function AsJson({ plan, change }: { readonly plan: Plan } & Pick<PartProps, 'change'>): ReactElement {
  const [text, setText] = useState<string>()
  const shown = text ?? JSON.stringify(plan, null, 2)
  const apply = (): void => {
    try {
      // The server says what is wrong with its shape when it is saved.
      change({ plan: JSON.parse(shown) as Plan })
      setText(undefined)
    } catch {
      // The field says that it is no JSON.
    }
  }
  return (
    <details>
      <summary>All settings, as JSON</summary>
      <JsonInput
        label="The plan"
        validationError="This is no JSON."
        autosize
        minRows={8}
        maxRows={30}
        value={shown}
        onChange={setText}
      />
      <Button mt="xs" variant="default" size="xs" disabled={text === undefined} onClick={apply}>
        Take it over
      </Button>
    </details>
  )
}
