/** When people look at the rollout while it runs: how often, at which checkpoints, and who is asked (P-X5). */
import { Button, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { DurationInput } from './duration-input.tsx'
import type { PlanDraft } from './plan-draft.ts'
import type { PartProps } from './stages.tsx'

import classes from './plan.module.css'

type Plan = NonNullable<PlanDraft['plan']>
type Reviews = NonNullable<Plan['reviews']>

const DAY_MS = 86_400_000
const NONE: Reviews = { checkpoints: [], role: 'operations-lead' }
const ROLES = [
  { value: 'technical-lead', label: 'Technical Lead' },
  { value: 'operations-lead', label: 'Operations Lead' },
  { value: 'product-owner', label: 'Product Owner' },
] as const

export function PlanReviews({ draft: { plan }, change }: Omit<PartProps, 'project'>): ReactElement {
  const { reviews } = plan
  const set = (fields: Partial<Reviews>): void =>
    change({ plan: { ...plan, reviews: { ...NONE, ...reviews, ...fields } } })
  const without = (): void => {
    const { reviews: _, ...rest } = plan
    change({ plan: rest })
  }
  return (
    <section aria-label="Reviews">
      <h3 className={classes['heading']}>Reviews while it runs</h3>
      {reviews === undefined ? (
        <>
          <p className={classes['hint']}>The rollout asks nobody for a review.</p>
          <Button variant="default" size="xs" onClick={() => set({ everyMs: DAY_MS })}>
            Ask every day
          </Button>
        </>
      ) : (
        <>
          <Who reviews={reviews} set={set} />
          <Checkpoints of={reviews.checkpoints} set={(checkpoints) => set({ checkpoints })} />
          <Button variant="default" size="xs" mt="xs" onClick={without}>
            Ask nobody
          </Button>
        </>
      )}
    </section>
  )
}

interface WhoProps {
  readonly reviews: Reviews
  readonly set: (fields: Partial<Reviews>) => void
}

function Who({ reviews, set }: WhoProps): ReactElement {
  const people = reviews.people ?? []
  const [typed, setTyped] = useState<string>()
  return (
    <div className={classes['fields']}>
      <DurationInput label="Every" ms={reviews.everyMs ?? DAY_MS} set={(everyMs) => set({ everyMs })} />
      <Select
        label="Asked for it"
        data={ROLES}
        value={reviews.role}
        onChange={(it) => set({ role: ROLES.find(({ value }) => value === it)?.value ?? reviews.role })}
      />
      <TextInput
        label="And by name"
        description="Ids or addresses, with commas between."
        value={typed ?? people.join(', ')}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => {
          if (typed === undefined) return
          const names = typed.split(',').map((it) => it.trim())
          set({ people: names.filter((it) => it !== '') })
          setTyped(undefined)
        }}
      />
    </div>
  )
}

interface CheckpointsProps {
  readonly of: readonly string[]
  readonly set: (checkpoints: string[]) => void
}

function Checkpoints({ of, set }: CheckpointsProps): ReactElement {
  const [made, setMade] = useState('')
  return (
    <>
      <ul className={classes['times']} aria-label="Checkpoints">
        {of.map((it) => (
          <li key={it}>
            <time dateTime={it}>{new Date(it).toLocaleString()}</time>: it does not go on without a review{' '}
            <Button
              variant="subtle"
              size="compact-xs"
              aria-label={`Remove the checkpoint ${it}`}
              onClick={() => set(of.filter((other) => other !== it))}
            >
              Remove
            </Button>
          </li>
        ))}
        {of.length === 0 ? <li className="fm-dim">No checkpoints.</li> : null}
      </ul>
      <div className={classes['fields']}>
        <TextInput
          type="datetime-local"
          label="Another checkpoint (your own clock)"
          value={made}
          onChange={(event) => setMade(event.currentTarget.value)}
        />
        <Button
          variant="default"
          size="sm"
          disabled={made === ''}
          onClick={() => {
            set([...of, new Date(made).toISOString()].toSorted())
            setMade('')
          }}
        >
          Add it
        </Button>
      </div>
    </>
  )
}
