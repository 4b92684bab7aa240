/**
 * What is known of a plan before anybody decides on it: its rules, at once and in the browser; what
 * it can see at the measured traffic; and whether it would have rolled back traffic without the feature.
 */
import { lintPlan } from '@flagmarshal/domain/rollout/lint'
import { leftSentences } from '@flagmarshal/domain/rollout/replay-report'
import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'

import { reading, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { durationWords } from './plan-draft.ts'
import type { PlanDraft } from './plan-draft.ts'

import classes from './plan.module.css'

/** How long nobody must have typed before the server is asked. */
const QUIET_MS = 700

interface TrialProps {
  readonly project: string
  readonly run: string
  readonly draft: PlanDraft & { readonly plan: NonNullable<PlanDraft['plan']> }
}

export function PlanTrial({ project, run, draft }: TrialProps): ReactElement {
  const { plan, audienceShares } = draft
  const body = { plan, ...(audienceShares === undefined ? {} : { audienceShares }) }
  const faults = useFaults({ project, draft })
  return (
    <section aria-label="What the plan can do">
      <h3 className={classes['heading']}>Rules</h3>
      <div role="status" aria-label="Live check of the plan">
        <ul className={classes['faults']}>
          {faults.map((it) => (
            <li key={`${it.id} ${it.path} ${it.message}`}>
              <Status of={it.severity === 'error' ? 'fail' : 'HOLD'} word={it.id} /> {it.message}
            </li>
          ))}
          {faults.length === 0 ? (
            <li>
              <Status of="pass" word="No rule speaks against it" />
            </li>
          ) : null}
        </ul>
      </div>
      <Power project={project} run={run} body={body} sound={faults.every((it) => it.severity !== 'error')} />
      <Replay project={project} run={run} body={body} />
    </section>
  )
}

/** The same rules as the server's, with the segments that exist. */
function useFaults({ project, draft }: Omit<TrialProps, 'run'>): ReturnType<typeof lintPlan> {
  const segments = useRead('listSegments', { params: { project } })
  const keys = segments.data?.items.map((it) => it.key)
  const { plan, audienceShares } = draft
  return lintPlan(plan, {
    ...(keys === undefined ? {} : { segments: keys }),
    ...(audienceShares === undefined ? {} : { audienceShares }),
  })
}

interface AskProps {
  readonly project: string
  readonly run: string
  readonly body: {
    readonly plan: NonNullable<PlanDraft['plan']>
    readonly audienceShares?: Record<string, number>
  }
}

function Power({ project, run, body, sound }: AskProps & { readonly sound: boolean }): ReactElement {
  const [settled] = useDebouncedValue(body, QUIET_MS)
  const read = useQuery({
    ...reading('showPlanPower', { params: { project, run }, body: settled }),
    enabled: sound,
    staleTime: 60_000,
    // The last answer stays while the next one is computed, and says that it is the last one.
    placeholderData: (before: Answer<'showPlanPower'> | undefined) => before,
  })
  return (
    <>
      <h3 className={classes['heading']}>
        What it can see {read.isPlaceholderData ? <Status of="unknown" word="of the plan before" /> : null}
      </h3>
      {sound ? (
        <Loaded read={read}>{(power) => <PowerTable power={power} />}</Loaded>
      ) : (
        <Status of="unknown" word="Asked once no rule speaks against the plan" />
      )}
    </>
  )
}

function PowerTable({ power }: { readonly power: Answer<'showPlanPower'> }): ReactElement {
  const { traffic } = power
  return (
    <>
      {traffic === null ? (
        <p className={classes['hint']}>
          <Status of="unknown" word="No traffic measured" /> The telemetry has counted no unexposed request of
          the flag in {power.environment}.
        </p>
      ) : (
        <p className={classes['hint']}>
          Measured over {durationWords(traffic.minutes * 60_000)}:{' '}
          {Math.round(traffic.perMinute).toLocaleString('en')} requests a minute,{' '}
          {(100 * traffic.badShare).toPrecision(2)} % of them failed.
        </p>
      )}
      {power.criteria.map((it) => (
        <p key={it.criterion} className={classes['hint']}>
          {it.criterion}: {Math.round(it.perMinute).toLocaleString('en')} a minute, share{' '}
          {(100 * it.share).toPrecision(2)} %{it.sliced ? '' : '; its users are not told apart'}
        </p>
      ))}
      <div className="fm-scroll" tabIndex={0} role="region" aria-label="What each increment can see">
        <Table columns={['Increment', 'Users', 'Waits at least', 'Sees in time']}>
          {power.steps.map((step) => (
            <tr key={`${step.stage}/${step.increment}`}>
              <td>
                {step.name} {step.percent} %
              </td>
              <td className="fm-number">{step.users === null ? '–' : step.users.toLocaleString('en')}</td>
              <td className="fm-number">{durationWords(Math.round(step.waitsMs / 1000) * 1000)}</td>
              <td>
                {step.criteria.length === 0 ? <Status of="unknown" word="not known" /> : null}
                {step.criteria.map((it) => (
                  <div key={it.criterion}>
                    <Status of={it.enough ? 'pass' : 'HOLD'} word={it.criterion} /> {it.sentence}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {power.notEstimated.map((it) => (
        <p key={it} className={classes['hint']}>
          <Status of="unknown" word="Not estimated" /> {it}
        </p>
      ))}
      {power.warnings.map((it) => (
        <Sentence key={it}>{it}</Sentence>
      ))}
    </>
  )
}

const REPLAYED: Readonly<Record<string, readonly [string, string]>> = {
  fine: ['pass', 'It would have rolled back nothing'],
  'rolls-back': ['fail', 'It would have rolled back healthy traffic'],
  'too-short': ['unknown', 'Too little history to say anything'],
  'not-replayed': ['unknown', 'Nothing of it can be tried on this history'],
}

/** Asked for by a press: it replays hours of traffic. */
function Replay({ project, run, body }: AskProps): ReactElement {
  const write = useWrite('replayPlan')
  const asked = write.variables?.[0].body
  const replay = write.data
  const old = replay !== undefined && JSON.stringify(asked) !== JSON.stringify(body)
  const [state, word] = REPLAYED[replay?.verdict ?? ''] ?? ['unknown', replay?.verdict ?? '']
  return (
    <>
      <h3 className={classes['heading']}>Replayed over traffic without the feature</h3>
      <Button
        variant="default"
        size="xs"
        loading={write.isPending}
        onClick={() => write.mutate([{ params: { project, run }, body }])}
      >
        Replay it
      </Button>
      {write.error === null ? null : <ErrorView error={write.error} />}
      {replay === undefined ? null : (
        <div className={classes['replay']} role="status">
          <p>
            {old ? <Status of="unknown" word="Of the plan before:" /> : null}{' '}
            <Status of={state} word={word} />
          </p>
          <p className="fm-dim">
            {replay.observedWindows + replay.watchedWindows} windows, {replay.requests.toLocaleString('en')}{' '}
            requests
          </p>
          {[
            ...replay.left.map((it) => `stage ${it}: nobody says how many belong to its audience`),
            ...leftSentences(replay.leftCriteria),
          ].map((it) => (
            <p key={it} className={classes['hint']}>
              <Status of="unknown" word="Not replayed" /> {it}
            </p>
          ))}
          {replay.refusal === null ? null : <p>{replay.refusal}</p>}
          <ul>
            {replay.steps.map((it) => (
              <li key={`${it.stage}/${it.increment}/${String(it.afterwards)}`}>
                {it.afterwards ? 'Watched after 100 %' : `${it.name} ${it.percent} %`}: rolled back in{' '}
                {it.rolledBack} of {it.splits} splits, held in {it.held}
                {it.goAfterWindows === null ? '' : `, GO after ${it.goAfterWindows} windows`}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
