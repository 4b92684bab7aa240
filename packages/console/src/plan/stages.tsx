/** The stages of a plan: dragged by their handle, or moved with the arrow keys on it. */
import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import type { KeyboardEvent, PointerEvent, ReactElement } from 'react'

import { useRead } from '../query.ts'
import { DurationInput } from './duration-input.tsx'
import { Increments } from './increments.tsx'
import { addStage, expectedUsers, missingShares, moveStage, removeStage, withStage } from './plan-draft.ts'
import type { PlanDraft, Stage } from './plan-draft.ts'

import classes from './plan.module.css'

export interface PartProps {
  readonly project: string
  readonly draft: PlanDraft & { readonly plan: NonNullable<PlanDraft['plan']> }
  readonly change: (fields: Partial<PlanDraft>) => void
}

export function Stages({ project, draft, change }: PartProps): ReactElement {
  const { plan } = draft
  return (
    <section aria-label="Stages">
      <h3 className={classes['heading']}>Stages</h3>
      <ol className={classes['stages']}>
        {plan.stages.map((stage, index) => (
          // Names are typed in here: the place is what stays.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className={classes['stage']} data-stage={index}>
            <Handle draft={draft} index={index} change={change} />
            <StageFields project={project} draft={draft} index={index} stage={stage} change={change} />
          </li>
        ))}
      </ol>
      <Button variant="default" size="xs" onClick={() => change({ plan: addStage(plan) })}>
        Add a stage
      </Button>
    </section>
  )
}

interface OneProps extends Omit<PartProps, 'project'> {
  readonly index: number
}

/** Moves its stage: by pointer over another stage, by arrow keys one place at a time. */
function Handle({ draft: { plan }, index, change }: OneProps): ReactElement {
  const name = plan.stages[index]?.name ?? ''
  const move = (by: number): void => change({ plan: moveStage(plan, index, by) })
  const press = (event: KeyboardEvent<HTMLButtonElement>): void => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    event.preventDefault()
    const by = event.key === 'ArrowUp' ? -1 : 1
    const to = event.currentTarget.closest('ol')?.children[index + by]
    move(by)
    // The stage has moved on: its handle is the one of the place that it went to.
    to?.querySelector<HTMLElement>('[data-handle]')?.focus()
  }
  const drop = (event: PointerEvent<HTMLButtonElement>): void => {
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-stage]')
    const to = Number(over?.getAttribute('data-stage') ?? index)
    if (to !== index) move(to - index)
  }
  return (
    <div className={classes['grip']}>
      <button
        type="button"
        data-handle
        className={classes['gripButton']}
        aria-label={`Move stage ${name}, ${index + 1} of ${plan.stages.length}: drag it, or press arrow up or down`}
        onKeyDown={press}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerUp={drop}
      >
        {index + 1}
        <span aria-hidden="true">⠿</span>
      </button>
      <Button
        variant="subtle"
        size="compact-xs"
        disabled={plan.stages.length < 2}
        aria-label={`Remove stage ${name}`}
        onClick={() => change({ plan: removeStage(plan, index) })}
      >
        Remove
      </Button>
    </div>
  )
}

interface StageProps extends PartProps {
  readonly index: number
  readonly stage: Stage
}

function StageFields({ project, draft, index, stage, change }: StageProps): ReactElement {
  const { plan } = draft
  const set = (fields: Partial<Stage>): void => change({ plan: withStage(plan, index, fields) })
  const reach = (increment: number): string => {
    const expected = expectedUsers(draft, index, increment)
    if (expected === undefined) {
      const missing = missingShares(draft, index).join(', ')
      return `of ${stage.audience.id}; how many users is not known without the share of ${missing}`
    }
    const share = Number((100 * expected.share).toPrecision(3))
    return `about ${expected.users.toLocaleString('en')} of ${plan.expectedKeys.toLocaleString('en')} users (${share} % of everybody)`
  }
  return (
    <div className={classes['stageBody']}>
      <div className={classes['fields']}>
        <TextInput
          label="Name"
          value={stage.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <AudienceFields project={project} draft={draft} stage={stage} set={set} change={change} />
        <DurationInput label="Bakes at least" ms={stage.bakeMs} set={(bakeMs) => set({ bakeMs })} />
        <DurationInput label="Takes at most" ms={stage.maxMs} set={(maxMs) => set({ maxMs })} />
        <Select
          label="Advances"
          data={[
            { value: 'auto', label: 'by itself, on evidence' },
            { value: 'manual', label: 'when a person says so' },
          ]}
          value={stage.advance}
          onChange={(it) => set({ advance: it === 'manual' ? 'manual' : 'auto' })}
        />
        <NumberInput
          label="Limit, % of everybody"
          placeholder="none"
          min={0}
          max={100}
          value={stage.limit ?? ''}
          onChange={(it) => {
            const { limit: _, ...rest } = stage
            const stages = plan.stages.map((each, at) =>
              at === index ? (typeof it === 'number' ? { ...rest, limit: it } : rest) : each,
            )
            change({ plan: { ...plan, stages } })
          }}
        />
      </div>
      <Increments
        stage={stage.name}
        increments={stage.increments}
        change={(increments) => set({ increments })}
        reach={reach}
      />
    </div>
  )
}

interface AudienceProps extends PartProps {
  readonly stage: Stage
  readonly set: (fields: Partial<Stage>) => void
}

/** Everybody or a segment; of a segment, what share of everybody it is expected to be. */
function AudienceFields({ project, draft, stage, set, change }: AudienceProps): ReactElement {
  const segments = useRead('listSegments', { params: { project } })
  const current = 'segment' in stage.audience ? stage.audience.segment : undefined
  const keys = new Set([
    ...(segments.data?.items ?? []).map((it) => it.key),
    ...(current === undefined ? [] : [current]),
  ])
  const { id } = stage.audience
  const share = draft.audienceShares?.[id]
  return (
    <>
      <Select
        label="Audience"
        data={[
          { value: '', label: 'everybody' },
          ...[...keys].map((it) => ({ value: it, label: `segment ${it}` })),
        ]}
        value={current ?? ''}
        onChange={(it) =>
          set({ audience: it === null || it === '' ? { id: 'everybody' } : { id: it, segment: it } })
        }
      />
      {current === undefined ? null : (
        <NumberInput
          label="Its share of everybody, %"
          min={0}
          max={100}
          decimalScale={2}
          value={share === undefined ? '' : Number((share * 100).toFixed(2))}
          onChange={(it) => {
            const { [id]: _, ...rest } = draft.audienceShares ?? {}
            change({ audienceShares: typeof it === 'number' ? { ...rest, [id]: it / 100 } : rest })
          }}
        />
      )}
    </>
  )
}
