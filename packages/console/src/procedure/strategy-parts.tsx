/** The parts of the strategy's form. Each shows why the proposal chose what it did. */
import {
  Checkbox,
  Group,
  Radio,
  SegmentedControl,
  Select,
  TagsInput,
  TextInput,
  Textarea,
} from '@mantine/core'
import type { ReactElement, ReactNode } from 'react'

import { percentsOf } from './strategy-draft.ts'
import type { StrategyDraft } from './strategy-draft.ts'

import classes from './feature.module.css'

interface PartProps {
  readonly value: StrategyDraft
  readonly change: (fields: Partial<StrategyDraft>) => void
  /** Why the proposal chose the value of a field. */
  readonly because: (field: string) => string | undefined
}

const LEVELS = ['low', 'medium', 'high'] as const
const LAYERS = ['backend', 'frontend', 'middleware'] as const
const TYPES = ['release', 'experiment', 'permission', 'ops'] as const
const APPROACHES = ['boolean', 'percentage', 'targeting', 'multi-variant'] as const
const AUDIENCES = ['all', 'segments', 'geography', 'beta'] as const

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <fieldset className={classes['fieldset']}>
      <legend>{title}</legend>
      <div className={classes['grid']}>{children}</div>
    </fieldset>
  )
}

export function ReviewPart({ value, change }: PartProps): ReactElement {
  const review = value.review ?? {}
  const set = (fields: typeof review): void => change({ review: { dependencies: [], ...review, ...fields } })
  return (
    <Part title="Review of the feature">
      <Textarea
        label="Scope"
        className={classes['wide'] ?? ''}
        value={review.scope ?? ''}
        onChange={(event) => set({ scope: event.currentTarget.value })}
      />
      <Level label="Complexity" value={review.complexity} set={(complexity) => set({ complexity })} />
      <Level label="Risk" value={review.riskLevel} set={(riskLevel) => set({ riskLevel })} />
      <TagsInput
        label="Dependencies"
        placeholder="Type one, then Enter"
        value={[...(review.dependencies ?? [])]}
        onChange={(dependencies) => set({ dependencies })}
      />
      <Textarea
        label="User impact"
        className={classes['wide'] ?? ''}
        value={review.userImpact ?? ''}
        onChange={(event) => set({ userImpact: event.currentTarget.value })}
      />
    </Part>
  )
}

interface LevelProps {
  readonly label: string
  readonly value: (typeof LEVELS)[number] | undefined
  readonly set: (level: (typeof LEVELS)[number]) => void
}

function Level({ label, value, set }: LevelProps): ReactElement {
  return (
    <Radio.Group label={label} value={value ?? ''} onChange={(it) => set(it as (typeof LEVELS)[number])}>
      <Group gap="md" mt={6}>
        {LEVELS.map((it) => (
          <Radio key={it} value={it} label={it} />
        ))}
      </Group>
    </Radio.Group>
  )
}

export function FlagPart({ value, change, because }: PartProps): ReactElement {
  return (
    <Part title="The flag">
      <Select
        label="Type"
        description={because('type')}
        data={[...TYPES]}
        value={value.type ?? null}
        onChange={(it) => change({ type: it as (typeof TYPES)[number] })}
      />
      <Select
        label="Approach"
        description={because('approach')}
        data={[...APPROACHES]}
        value={value.approach ?? null}
        onChange={(it) => change({ approach: it as (typeof APPROACHES)[number] })}
      />
      <Checkbox.Group
        label="Layers"
        description={because('layers')}
        value={[...(value.layers ?? [])]}
        onChange={(them) => {
          const layers = LAYERS.filter((it) => them.includes(it))
          const bucketBy = Object.fromEntries(
            layers.map((it) => [it, value.bucketBy?.[it] ?? 'targetingKey']),
          )
          change({ layers, bucketBy })
        }}
      >
        <Group gap="md" mt={6}>
          {LAYERS.map((it) => (
            <Checkbox key={it} value={it} label={it} />
          ))}
        </Group>
      </Checkbox.Group>
      {(value.layers ?? []).map((layer) => (
        <TextInput
          key={layer}
          label={`The ${layer} buckets by`}
          value={value.bucketBy?.[layer] ?? ''}
          onChange={(event) =>
            change({ bucketBy: { ...value.bucketBy, [layer]: event.currentTarget.value } })
          }
        />
      ))}
      {value.type === 'experiment' ? <ExperimentFields value={value} change={change} /> : null}
    </Part>
  )
}

function ExperimentFields({ value, change }: Pick<PartProps, 'value' | 'change'>): ReactElement {
  const experiment = value.experiment ?? {}
  return (
    <>
      <TagsInput
        label="Variants compared"
        value={[...(experiment.variants ?? [])]}
        onChange={(variants) => change({ experiment: { ...experiment, variants } })}
      />
      <TextInput
        label="Metric"
        value={experiment.metric ?? ''}
        onChange={(event) =>
          change({ experiment: { variants: [], ...experiment, metric: event.currentTarget.value } })
        }
      />
    </>
  )
}

export function RolloutPart({ value, change, because }: PartProps): ReactElement {
  const rollout = { gradual: true, targetPercents: [], ...value.rollout }
  const mitigation = { quickDisable: true, rollback: true, monitoring: [], ...value.mitigation }
  const targeting = { segments: [], ...value.targeting }
  return (
    <Part title="Rollout and risk">
      <div>
        <SegmentedControl
          aria-label="How it reaches users"
          data={[
            { value: 'gradual', label: 'In stages' },
            { value: 'immediate', label: 'At once' },
          ]}
          value={rollout.gradual ? 'gradual' : 'immediate'}
          onChange={(it) => change({ rollout: { ...rollout, gradual: it === 'gradual' } })}
        />
        <div className={classes['why']}>{because('rollout.gradual')}</div>
      </div>
      <TagsInput
        label="Percent of users after each stage"
        description={because('rollout.targetPercents')}
        value={rollout.targetPercents.map(String)}
        onChange={(them) => change({ rollout: { ...rollout, targetPercents: percentsOf(them.join(' ')) } })}
      />
      <Checkbox
        label="Can be disabled at once"
        checked={mitigation.quickDisable}
        onChange={(event) =>
          change({ mitigation: { ...mitigation, quickDisable: event.currentTarget.checked } })
        }
      />
      <Checkbox
        label="Can be rolled back"
        checked={mitigation.rollback}
        onChange={(event) => change({ mitigation: { ...mitigation, rollback: event.currentTarget.checked } })}
      />
      <TagsInput
        label="Watched between stages"
        description={because('mitigation')}
        value={[...mitigation.monitoring]}
        onChange={(monitoring) => change({ mitigation: { ...mitigation, monitoring } })}
      />
      <Select
        label="Audience"
        data={[...AUDIENCES]}
        value={value.targeting?.audience ?? null}
        onChange={(it) => change({ targeting: { ...targeting, audience: it as (typeof AUDIENCES)[number] } })}
      />
      {targeting.audience === 'segments' ? (
        <TagsInput
          label="Segments"
          value={[...targeting.segments]}
          onChange={(segments) => change({ targeting: { ...targeting, segments } })}
        />
      ) : null}
      {targeting.audience === 'geography' || targeting.audience === 'beta' ? (
        <TextInput
          label="Which"
          value={targeting.detail ?? ''}
          onChange={(event) => change({ targeting: { ...targeting, detail: event.currentTarget.value } })}
        />
      ) : null}
    </Part>
  )
}

export function ImplementationPart({ value, change }: PartProps): ReactElement {
  const it = value.implementation ?? {}
  const field = (name: 'flagSystem' | 'configuration' | 'code', label: string): ReactElement => (
    <Textarea
      label={label}
      value={it[name] ?? ''}
      onChange={(event) => change({ implementation: { ...it, [name]: event.currentTarget.value } })}
    />
  )
  return (
    <Part title="Implementation">
      {field('flagSystem', 'Flag system')}
      {field('configuration', 'Configuration')}
      {field('code', 'Code')}
    </Part>
  )
}

export function LifePart({ value, change, because }: PartProps): ReactElement {
  const life = value.life ?? {}
  const set = (fields: typeof life): void => change({ life: { ...life, ...fields } })
  const ends = value.type !== 'permission' && value.type !== 'ops'
  return (
    <Part title="Life of the flag">
      <TextInput
        label="Owner"
        value={life.owner ?? ''}
        onChange={(event) => set({ owner: event.currentTarget.value })}
      />
      <TextInput
        label="Ends on"
        type="date"
        description={because('life')}
        value={life.endsOn ?? ''}
        onChange={(event) => set({ endsOn: event.currentTarget.value })}
      />
      {ends ? (
        <Textarea
          label="What must be so before it can go"
          value={life.retirement ?? ''}
          onChange={(event) => set({ retirement: event.currentTarget.value })}
        />
      ) : (
        <Textarea
          label="Why it stays"
          value={life.staysBecause ?? ''}
          onChange={(event) => set({ staysBecause: event.currentTarget.value })}
        />
      )}
    </Part>
  )
}
