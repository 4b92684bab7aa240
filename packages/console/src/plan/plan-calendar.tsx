/** When the rollout begins: the project's zone, working hours and blackouts, and the plan's own. */
import { nextOpen, whyClosed } from '@flagmarshal/domain/rollout/calendar'
import type { Calendar } from '@flagmarshal/domain/rollout/calendar'
import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Status } from '../ui/status.tsx'
import { useNow } from '../ui/time-ago.tsx'
import { earliestTimes } from './plan-draft.ts'
import type { Blackout, PlanDraft } from './plan-draft.ts'
import type { PartProps } from './stages.tsx'

import classes from './plan.module.css'

export function PlanCalendar({ project, draft, change }: PartProps): ReactElement {
  const policy = useRead('showPolicy', { params: { project } })
  return (
    <section aria-label="Calendar">
      <h3 className={classes['heading']}>Calendar</h3>
      <Loaded read={policy}>
        {({ zone, rollouts }) => {
          const dated = (it: Blackout) => ({
            from: new Date(it.from),
            to: new Date(it.to),
            reason: it.reason,
          })
          const own = draft.timeline?.blackouts ?? []
          const all = [...rollouts.blackouts, ...own].map(dated)
          const { days, from, to } = rollouts
          const calendar: Calendar = { zone, days, from, to, blackouts: all }
          return (
            <>
              <p className={classes['hint']}>
                Rollouts of this project start {rollouts.days.join(', ')} from {rollouts.from} to{' '}
                {rollouts.to} ({zone}).
              </p>
              <Start calendar={calendar} draft={draft} change={change} />
              <Blackouts draft={draft} change={change} of={rollouts.blackouts} zone={zone} />
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

interface StartProps extends Omit<PartProps, 'project'> {
  readonly calendar: Calendar
}

function Start({ calendar, draft, change }: StartProps): ReactElement {
  const now = new Date(useNow())
  const { timeline, plan } = draft
  const start = timeline?.start === undefined ? undefined : new Date(timeline.start)
  const closed = start === undefined ? undefined : whyClosed(calendar, start)
  const open = nextOpen(calendar, start ?? now)
  const set = (at: Date | undefined): void => {
    const { start: _, ...rest } = timeline ?? {}
    change({ timeline: at === undefined ? rest : { ...rest, start: at.toISOString() } })
  }
  return (
    <>
      <Group align="end" gap="xs">
        <TextInput
          type="datetime-local"
          label="Starts (your own clock)"
          description="Left empty: when somebody starts it."
          value={start === undefined ? '' : localText(start)}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value)
            set(Number.isNaN(at.getTime()) ? undefined : at)
          }}
        />
        {open === undefined ? null : (
          <Button variant="default" size="xs" onClick={() => set(open)}>
            Next time that is open
          </Button>
        )}
      </Group>
      <p className={classes['hint']} role="status">
        {start === undefined ? (
          'No start is set.'
        ) : closed === undefined ? (
          <Status of="pass" word={`Open then: ${zoned(start, calendar.zone)}`} />
        ) : (
          <>
            <Status of="fail" word="Closed then" /> {closed}
          </>
        )}
      </p>
      <ol className={classes['times']} aria-label="At the earliest">
        {earliestTimes(plan, start ?? now).map((it) => (
          <li key={it.name}>
            <strong>{it.name}</strong>{' '}
            <time dateTime={it.at.toISOString()}>{zoned(it.at, calendar.zone)}</time>
          </li>
        ))}
      </ol>
    </>
  )
}

interface BlackoutsProps extends Pick<PartProps, 'change'> {
  readonly draft: PlanDraft
  readonly of: readonly Blackout[]
  readonly zone: string
}

function Blackouts({ draft, change, of, zone }: BlackoutsProps): ReactElement {
  const own = draft.timeline?.blackouts ?? []
  const [made, setMade] = useState({ from: '', to: '', reason: '' })
  const set = (blackouts: readonly Blackout[]): void => change({ timeline: { ...draft.timeline, blackouts } })
  const whole = made.from !== '' && made.to > made.from && made.reason.trim() !== ''
  return (
    <>
      <ul className={classes['times']} aria-label="Blackouts">
        {of.map((it) => (
          <li key={`${it.from} ${it.reason}`}>
            {zoned(new Date(it.from), zone)} to {zoned(new Date(it.to), zone)}: {it.reason}{' '}
            <span className="fm-dim">(of the project)</span>
          </li>
        ))}
        {own.map((it, index) => (
          <li key={`${it.from} ${it.reason}`}>
            {zoned(new Date(it.from), zone)} to {zoned(new Date(it.to), zone)}: {it.reason}{' '}
            <Button
              variant="subtle"
              size="compact-xs"
              aria-label={`Remove the blackout ${it.reason}`}
              onClick={() => set(own.filter((_, at) => at !== index))}
            >
              Remove
            </Button>
          </li>
        ))}
        {of.length + own.length === 0 ? <li className="fm-dim">No blackouts.</li> : null}
      </ul>
      <details>
        <summary>Add a blackout of this rollout</summary>
        <div className={classes['fields']}>
          {(['from', 'to'] as const).map((field) => (
            <TextInput
              key={field}
              type="datetime-local"
              label={field === 'from' ? 'From' : 'To'}
              value={made[field]}
              onChange={(event) => setMade({ ...made, [field]: event.currentTarget.value })}
            />
          ))}
          <TextInput
            label="Reason"
            value={made.reason}
            onChange={(event) => setMade({ ...made, reason: event.currentTarget.value })}
          />
          <Button
            variant="default"
            size="sm"
            disabled={!whole}
            onClick={() => {
              const iso = (text: string): string => new Date(text).toISOString()
              set([...own, { from: iso(made.from), to: iso(made.to), reason: made.reason.trim() }])
              setMade({ from: '', to: '', reason: '' })
            }}
          >
            Add it
          </Button>
        </div>
      </details>
    </>
  )
}

/** As a field of date and time wants it, by the browser's clock. */
function localText(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

/** A time by the clock of the project, with its zone. */
function zoned(at: Date, zone: string): string {
  return (
    at.toLocaleString('en-GB', { timeZone: zone, dateStyle: 'medium', timeStyle: 'short' }) + ` (${zone})`
  )
}
