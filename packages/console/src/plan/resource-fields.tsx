/**
 * A resource of a service as a criterion (P-S4-11): which one, of whom, and the limit above which the
 * rollout holds. Both arms share it, so it is a watch and there is no other role to choose.
 */
import { PROCESS_RESOURCES, unitOf } from '@flagmarshal/domain/analysis/resource'
import type { ResourceUnit } from '@flagmarshal/domain/analysis/resource'
import { NumberInput, Select, TextInput } from '@mantine/core'
import type { ReactElement } from 'react'

import type { RatioCriterion, ResourceSource } from './plan-draft.ts'

import classes from './plan.module.css'

/** How a limit is typed, how much one of that is, and with which one a new resource begins. */
const TYPED: Readonly<Record<ResourceUnit, { word: string; size: number; usual: number }>> = {
  cores: { word: 'cores', size: 1, usual: 1 },
  bytes: { word: 'MiB', size: 1_048_576, usual: 512 * 1_048_576 },
  seconds: { word: 'ms', size: 0.001, usual: 0.1 },
  share: { word: '%', size: 0.01, usual: 0.9 },
  count: { word: 'waiting', size: 1, usual: 10 },
}

const KINDS: { value: string; label: string }[] = [
  ...PROCESS_RESOURCES.map((value) => ({ value, label: value.replaceAll('-', ' ') })),
  { value: 'pool:', label: 'a pool: its share in use' },
  { value: 'queue:', label: 'a queue: what waits in it' },
]

/** Digits of a limit: 57 % is 0.57. */
const DIGITS = 12

/** `512 MiB`. */
export function limitWords(source: ResourceSource): string {
  return `${typedLimit(source)} ${TYPED[unitOf(source.resource)].word}`
}

function typedLimit({ resource, limit }: ResourceSource): number {
  return Number((limit / TYPED[unitOf(resource)].size).toFixed(4))
}

interface ResourceFieldsProps {
  readonly criterion: RatioCriterion
  readonly source: ResourceSource
  readonly set: (criterion: RatioCriterion) => void
}

export function ResourceFields({ criterion, source, set }: ResourceFieldsProps): ReactElement {
  const { resource, service } = source
  const named = /^(pool:|queue:)(.*)$/.exec(resource)
  const { word, size } = TYPED[unitOf(resource)]
  const from = (fields: Partial<ResourceSource>): void =>
    set({ ...criterion, source: { ...source, ...fields } })
  return (
    <div className={classes['fields']}>
      <TextInput
        label="Id"
        value={criterion.id}
        onChange={(event) => set({ ...criterion, id: event.currentTarget.value })}
      />
      <Select
        label="Resource"
        data={KINDS}
        value={named?.[1] ?? resource}
        onChange={(it) => {
          if (it === null) return
          // In another unit the limit would mean something else.
          const isSame = unitOf(it) === unitOf(resource)
          from({ resource: it, limit: isSame ? source.limit : TYPED[unitOf(it)].usual })
        }}
      />
      {named === null ? null : (
        <TextInput
          label="Its name"
          value={named[2] ?? ''}
          onChange={(event) => from({ resource: `${named[1] ?? ''}${event.currentTarget.value}` })}
        />
      )}
      <TextInput
        label="Service"
        placeholder="each that reports it"
        value={service ?? ''}
        onChange={(event) => {
          const { service: _, ...rest } = source
          const name = event.currentTarget.value
          set({ ...criterion, source: name === '' ? rest : { ...rest, service: name } })
        }}
      />
      <NumberInput
        label={`Holds above, ${word}`}
        min={0}
        decimalScale={4}
        value={typedLimit(source)}
        onChange={(it) => {
          if (typeof it === 'number') from({ limit: Number((it * size).toPrecision(DIGITS)) })
        }}
      />
    </div>
  )
}
