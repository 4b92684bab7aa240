/** What each criterion says, with its arithmetic: exposed against control, how far to harm, how far to GO. */
import type { Rollout } from '@flagmarshal/api/rollout'
import type { RolloutLive } from '@flagmarshal/api/rollout-live'
import type { RolloutVerdict } from '@flagmarshal/api/rollout-verdict'
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo, duration } from '../ui/time-ago.tsx'
import { Meter } from './ramp.tsx'
import { count, differenceWords, percent, rateOf, rateWords } from './words.ts'

import classes from './rollout.module.css'

interface VerdictsProps {
  readonly live: RolloutLive
  /** What is shown may not be true any more: no verdict is shown as one. */
  readonly stale: boolean
  /** Opens the form that sets a criterion aside; absent for who may not. */
  readonly setAside?: (criterion: string) => void
}

export function Verdicts({ live, stale, setAside }: VerdictsProps): ReactElement {
  const { rollout } = live
  return (
    <Card
      title="Verdicts"
      beside={rollout.verdict === null ? undefined : <Verdict of={rollout.verdict} stale={stale} />}
      flush
    >
      {/* Only what has changed is read out; harm interrupts. */}
      <p className="fm-hidden" role={rollout.verdict === 'NO-GO' ? 'alert' : 'status'}>
        {stale ? 'What is shown is old.' : `Verdict: ${rollout.verdict ?? 'none yet'}`}
      </p>
      {rollout.verdicts.length === 0 ? (
        <p className={classes['calm']}>Nothing is judged before the first window has been measured.</p>
      ) : (
        <table className={`fm-table ${classes['verdicts'] ?? ''}`}>
          <thead>
            <tr>
              <th scope="col">Criterion</th>
              <th scope="col">Verdict</th>
              <th scope="col">Exposed</th>
              <th scope="col">Control</th>
              <th scope="col">Difference</th>
              <th scope="col">Ceiling</th>
              <th scope="col">To harm</th>
              <th scope="col">To GO</th>
            </tr>
          </thead>
          {rollout.verdicts.map((it) => (
            <Row key={it.criterion} verdict={it} live={live} stale={stale} {...(setAside && { setAside })} />
          ))}
        </table>
      )}
      <SampleRatioLine rollout={rollout} stale={stale} />
    </Card>
  )
}

/** A verdict; of an old one only what it was. */
export function Verdict({ of, stale }: { readonly of: string; readonly stale: boolean }): ReactElement {
  return stale ? <Status of="unknown" word={`was ${of}`} /> : <Status of={of} />
}

interface RowProps extends VerdictsProps {
  readonly verdict: RolloutVerdict
}

function Row({ verdict: it, live, stale, setAside }: RowProps): ReactElement {
  const { rollout, progress } = live
  const criterion = rollout.plan.criteria.find((each) => each.id === it.criterion)
  const isMean = criterion?.role !== 'report' && criterion?.mean !== undefined
  const ceiling = criterion?.role === 'report' ? undefined : criterion?.ceiling
  const way = progress.find((each) => each.criterion === it.criterion)
  const aside = rollout.overrides.find((each) => each.criterion === it.criterion)
  const control = it.control === undefined && rollout.position?.control === false
  return (
    <tbody>
      <tr>
        <th scope="row">
          {it.criterion}
          <span className="fm-dim"> {criterion?.role ?? ''}</span>
        </th>
        <td>
          <Verdict of={it.verdict} stale={stale} />
          {it.tier === undefined ? null : <span className="fm-dim"> {tierWords(it.tier)}</span>}
        </td>
        <td className="fm-number">
          {it.reported === undefined ? rateWords(rateOf(it.exposed), isMean) : reportedWords(it)}
        </td>
        <td className="fm-number">
          {control ? 'no control' : it.reported === undefined ? rateWords(rateOf(it.control), isMean) : '–'}
        </td>
        <td className="fm-number">{differenceWords(it, isMean)}</td>
        <td className="fm-number">{ceiling === undefined ? '–' : rateWords(ceiling, isMean)}</td>
        <td>
          {way === undefined || way.harm === null ? (
            '–'
          ) : (
            <Meter value={way.harm} label={`${it.criterion}: evidence of harm`} tone="no-go" />
          )}
        </td>
        <td>
          {way === undefined || way.go === null ? (
            '–'
          ) : (
            <Meter
              value={way.go}
              label={`${it.criterion}: evidence for GO`}
              tone={stale ? 'no-data' : 'go'}
            />
          )}
          {way?.goAt === null || way?.goAt === undefined || it.verdict === 'GO' ? null : (
            <span className="fm-dim">
              {' '}
              expected <TimeAgo at={way.goAt} />
            </span>
          )}
        </td>
      </tr>
      <tr className={classes['arithmetic']}>
        <td colSpan={8}>
          <span className="fm-sentence">{it.sentence}</span>
          {it.blindMs > 0 ? <span>; nothing has been known for {duration(it.blindMs)}</span> : null}
          {aside === undefined ? null : (
            <span>
              {' '}
              <Status of="overridden" word="Set aside" /> by {aside.by} until{' '}
              {new Date(aside.until).toLocaleString()}: {aside.reason}
            </span>
          )}
          {setAside === undefined || aside !== undefined || it.verdict === 'GO' ? null : (
            <Button
              variant="subtle"
              size="compact-xs"
              aria-label={`Set it aside: ${it.criterion}`}
              onClick={() => setAside(it.criterion)}
            >
              Set it aside
            </Button>
          )}
        </td>
      </tr>
    </tbody>
  )
}

const TIERS: Readonly<Record<string, string>> = {
  R: 'no worse than the control',
  A: 'below the ceiling',
  'A-only': 'below the ceiling only',
  time: 'by time',
  watch: 'not breached',
}

function tierWords(tier: string): string {
  return TIERS[tier] ?? tier
}

function reportedWords({ reported }: RolloutVerdict): string {
  if (reported === undefined) return '–'
  return reported.counts === 'issues'
    ? `${reported.open} open of at most ${reported.max}`
    : `${reported.good} of ${reported.n} good, ${reported.least} are needed`
}

interface SampleRatioProps {
  readonly rollout: Rollout
  readonly stale: boolean
}

/** Whether the arms are split as the rule says. */
function SampleRatioLine({ rollout: { sampleRatio }, stale }: SampleRatioProps): ReactElement | null {
  if (sampleRatio === null || sampleRatio.audiences.length === 0) return null
  const split = sampleRatio.p >= sampleRatio.needed
  return (
    <p className={classes['calm']}>
      Split check{' '}
      <Status
        of={stale ? 'unknown' : split ? 'pass' : 'fail'}
        word={split ? 'as the rule says' : 'not as the rule says'}
      />{' '}
      p {Number(sampleRatio.p.toPrecision(2))};{' '}
      {sampleRatio.audiences
        .map(
          (it) =>
            `${it.audience} ${count(it.exposed)} exposed to ${count(it.control)} (rule: ${percent(it.share)} exposed)`,
        )
        .join('; ')}
    </p>
  )
}
