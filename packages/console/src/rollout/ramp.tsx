/** The stages of a rollout as a ramp: what is done, where it stands, what comes. */
import type { Rollout } from '@flagmarshal/api/rollout'
import type { ReactElement } from 'react'

import { Status } from '../ui/status.tsx'
import { percent } from './words.ts'

import classes from './rollout.module.css'

type Place = 'done' | 'here' | 'ahead'

/** Where an increment lies, seen from the rollout; both count from 1. */
function placeOf({ position, state }: Rollout, stage: number, increment: number): Place {
  if (state === 'completed') return 'done'
  if (position === null) return 'ahead'
  if (stage !== position.stage) return stage < position.stage ? 'done' : 'ahead'
  if (increment !== position.increment) return increment < position.increment ? 'done' : 'ahead'
  return 'here'
}

const WORDS: Readonly<Record<Place, string>> = { done: 'done', here: 'here now', ahead: 'to come' }

interface RampProps {
  readonly rollout: Rollout
  /** What is shown may not be true any more. */
  readonly stale: boolean
}

export function Ramp({ rollout, stale }: RampProps): ReactElement {
  const { plan, position, state } = rollout
  const observing = state === 'observing' || position?.stage === 0
  const observed: Place = observing ? 'here' : state === 'scheduled' ? 'ahead' : 'done'
  return (
    <ol className={classes['ramp']} aria-label="Stages" tabIndex={0}>
      <li className={classes['rampStage']} data-place={observed}>
        <span className={classes['rampBars']}>
          <Bar percent={0} place={observed} state={state} stale={stale} />
        </span>
        <span className={classes['rampName']}>observe</span>
        <span className="fm-dim">nobody</span>
      </li>
      {plan.stages.map((stage, index) => {
        const places = stage.increments.map((_, at) => placeOf(rollout, index + 1, at + 1))
        const place = places.includes('here') ? 'here' : (places.at(-1) ?? 'ahead')
        return (
          <li key={stage.name} className={classes['rampStage']} data-place={place}>
            <span className={classes['rampBars']}>
              {stage.increments.map((value, at) => (
                // oxlint-disable-next-line react/no-array-index-key -- two increments may be the same
                <Bar key={at} percent={value} place={places[at] ?? 'ahead'} state={state} stale={stale} />
              ))}
            </span>
            <span className={classes['rampName']}>
              {index + 1} {stage.name}
            </span>
            <span className="fm-dim">
              {stage.audience.id === 'everybody' ? '' : `${stage.audience.id}: `}
              {stage.increments.join(' → ')} %{stage.advance === 'manual' ? ', by a person' : ''}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

interface BarProps {
  readonly percent: number
  readonly place: Place
  readonly state: string
  readonly stale: boolean
}

function Bar({ percent: value, place, state, stale }: BarProps): ReactElement {
  return (
    <span
      className={classes['bar']}
      data-place={place}
      data-state={stale ? 'stale' : state}
      style={{ height: `${Math.max(4, Math.round(value * 0.44))}px` }}
    >
      <span className="fm-hidden">
        {percent(value / 100)}, {WORDS[place]}
      </span>
    </span>
  )
}

/** How far the increment is baked, and when it will be. */
export function Bake({ rollout, stale }: RampProps): ReactElement | null {
  const { bake } = rollout
  if (bake === null) return null
  const share = bake.needed === 0 ? 1 : Math.min(1, bake.healthy / bake.needed)
  return (
    <span className={classes['meter']}>
      <Meter value={share} label="Baked" tone="moving" />
      <span>
        {bake.healthy} of {bake.needed} healthy windows
        {bake.healthy < bake.needed ? '' : ' '}
        {bake.healthy < bake.needed ? null : (
          <Status of={stale ? 'unknown' : 'pass'} word={stale ? 'was baked' : 'baked'} />
        )}
      </span>
    </span>
  )
}

interface MeterProps {
  /** 0 to 1; null where nothing is known. */
  readonly value: number | null
  readonly label: string
  readonly tone: 'moving' | 'go' | 'no-go' | 'no-data'
}

/** A bar from nothing to enough. */
export function Meter({ value, label, tone }: MeterProps): ReactElement {
  const now = Math.round(100 * (value ?? 0))
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={now}
      aria-valuetext={value === null ? 'not known' : `${now} %`}
      className={classes['gauge']}
      data-tone={value === null ? 'no-data' : tone}
    >
      <span style={{ width: `${now}%` }} />
    </span>
  )
}
