/** The criteria of a plan: what each counts, from when it speaks of harm, and what then happens. */
import { Button, Group, NumberInput, Select, TextInput } from '@mantine/core'
import type { ReactElement } from 'react'

import { newGuardrail, newResourceWatch, withCriterion } from './plan-draft.ts'
import type { Criterion, RatioCriterion } from './plan-draft.ts'
import { ResourceFields, limitWords } from './resource-fields.tsx'
import type { PartProps } from './stages.tsx'

import classes from './plan.module.css'

type ReportCriterion = Extract<Criterion, { role: 'report' }>

const ON_FAIL = [
  { value: 'roll-back', label: 'roll back' },
  { value: 'hold', label: 'hold' },
  { value: 'page', label: 'call somebody' },
]

export function Criteria({ draft: { plan }, change }: Omit<PartProps, 'project'>): ReactElement {
  return (
    <section aria-label="Criteria">
      <h3 className={classes['heading']}>Criteria</h3>
      <ol className={classes['stages']}>
        {plan.criteria.map((criterion, index) => {
          const set = (it: Criterion): void => change({ plan: withCriterion(plan, index, it) })
          return (
            // oxlint-disable-next-line react/no-array-index-key -- the id is typed in here
            <li key={index} className={classes['criterion']}>
              <div className={classes['criterionHead']}>
                <strong>{criterion.id}</strong>
                <span className="fm-dim">{countedWords(criterion)}</span>
                <Button
                  variant="subtle"
                  size="compact-xs"
                  disabled={plan.criteria.length < 2}
                  aria-label={`Remove criterion ${criterion.id}`}
                  onClick={() =>
                    change({ plan: { ...plan, criteria: plan.criteria.filter((_, at) => at !== index) } })
                  }
                >
                  Remove
                </Button>
              </div>
              {criterion.role === 'report' ? (
                <ReportFields criterion={criterion} set={set} />
              ) : (
                <RatioFields criterion={criterion} set={set} />
              )}
            </li>
          )
        })}
      </ol>
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={() => change({ plan: newGuardrail(plan, 'bad') })}>
          Add errors
        </Button>
        <Button variant="default" size="xs" onClick={() => change({ plan: newGuardrail(plan, 'slow') })}>
          Add slow requests
        </Button>
        <Button variant="default" size="xs" onClick={() => change({ plan: newResourceWatch(plan) })}>
          Add a resource
        </Button>
      </Group>
    </section>
  )
}

function countedWords(criterion: Criterion): string {
  if (criterion.role === 'report') {
    return criterion.feedback === undefined
      ? `open reports: ${(criterion.kinds ?? ['of every kind']).join(', ')}`
      : 'feedback of people'
  }
  const { source } = criterion
  if (source.kind === 'telemetry') {
    return source.counts === 'bad'
      ? 'failed requests, counted by the SDKs'
      : 'slow requests, counted by the SDKs'
  }
  if (source.kind === 'resources')
    return `${source.resource} of ${source.service ?? 'each service'}, at most ${limitWords(source)}, reported by the SDKs`
  return `Prometheus (${source.connection}): ${source.bad ?? source.good ?? source.total}`
}

interface FieldsProps<C extends Criterion> {
  readonly criterion: C
  readonly set: (criterion: Criterion) => void
}

function RatioFields({ criterion, set }: FieldsProps<RatioCriterion>): ReactElement {
  const { source } = criterion
  if (source.kind === 'resources') return <ResourceFields criterion={criterion} source={source} set={set} />
  const isShare = criterion.mean === undefined
  const scale = isShare ? 100 : 1
  return (
    <div className={classes['fields']}>
      <TextInput
        label="Id"
        value={criterion.id}
        onChange={(event) => set({ ...criterion, id: event.currentTarget.value })}
      />
      <Select
        label="Role"
        data={[
          { value: 'guardrail', label: 'guardrail: must be GO' },
          { value: 'watch', label: 'watch: holds while breached' },
        ]}
        value={criterion.role}
        onChange={(it) => set({ ...criterion, role: it === 'watch' ? 'watch' : 'guardrail' })}
      />
      <NumberInput
        label={isShare ? 'Ceiling, %' : 'Last acceptable mean'}
        placeholder="none"
        min={0}
        decimalScale={4}
        value={criterion.ceiling === undefined ? '' : Number((criterion.ceiling * scale).toFixed(4))}
        onChange={(it) => {
          const { ceiling: _, ...rest } = criterion
          set(typeof it === 'number' ? { ...rest, ceiling: it / scale } : rest)
        }}
      />
      <TimesInput
        label="Tolerated, times the control"
        most={10}
        value={criterion.harmRatio}
        set={(harmRatio) => set({ ...criterion, harmRatio })}
      />
      <TimesInput
        label="Regression to be seen, times"
        most={100}
        value={criterion.safeRatio}
        set={(safeRatio) => set({ ...criterion, safeRatio })}
      />
      <OnFail value={criterion.onFail} set={(onFail) => set({ ...criterion, onFail })} />
    </div>
  )
}

interface TimesProps {
  readonly label: string
  readonly most: number
  readonly value: number | undefined
  readonly set: (value: number) => void
}

/** A factor of 1 and more. */
function TimesInput({ label, most, value, set }: TimesProps): ReactElement {
  return (
    <NumberInput
      label={label}
      min={1}
      max={most}
      step={0.1}
      {...(value === undefined ? {} : { value })}
      onChange={(it) => {
        if (typeof it === 'number' && it >= 1) set(it)
      }}
    />
  )
}

function ReportFields({ criterion, set }: FieldsProps<ReportCriterion>): ReactElement {
  const { feedback } = criterion
  return (
    <div className={classes['fields']}>
      <TextInput
        label="Id"
        value={criterion.id}
        onChange={(event) => set({ ...criterion, id: event.currentTarget.value })}
      />
      {feedback === undefined ? (
        <>
          <Select
            label="Least severe that counts"
            data={['critical', 'major', 'minor']}
            value={criterion.severity}
            onChange={(it) => set({ ...criterion, severity: it as ReportCriterion['severity'] })}
          />
          <NumberInput
            label="Open at most"
            min={0}
            value={criterion.max}
            onChange={(it) => set({ ...criterion, max: typeof it === 'number' ? it : 0 })}
          />
        </>
      ) : (
        <>
          <NumberInput
            label="Answers at least"
            min={1}
            value={feedback.least}
            onChange={(it) =>
              set({ ...criterion, feedback: { ...feedback, least: typeof it === 'number' ? it : 1 } })
            }
          />
          <NumberInput
            label="Good at least, %"
            min={0}
            max={100}
            value={Math.round(feedback.positive * 100)}
            onChange={(it) =>
              set({
                ...criterion,
                feedback: { ...feedback, positive: typeof it === 'number' ? it / 100 : 0 },
              })
            }
          />
        </>
      )}
      <OnFail value={criterion.onFail} set={(onFail) => set({ ...criterion, onFail })} />
    </div>
  )
}

interface OnFailProps {
  readonly value: Criterion['onFail']
  readonly set: (onFail: Criterion['onFail']) => void
}

function OnFail({ value, set }: OnFailProps): ReactElement {
  return (
    <Select
      label="When it fails"
      data={ON_FAIL}
      value={value}
      onChange={(it) => set(it as Criterion['onFail'])}
    />
  )
}
