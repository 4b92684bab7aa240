/** What people may do with a rollout: each act says first, in numbers, what it means, and asks why. */
import type { Rollout, RolloutAct } from '@flagmarshal/api/rollout'
import type { RolloutLive } from '@flagmarshal/api/rollout-live'
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button, Group, Radio, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { useCarried } from '../access/carried.ts'
import { useMe } from '../access/session.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { count, exposedWords, isUnderway } from './words.ts'

import classes from './rollout.module.css'

/** An act of the rollout, or one of the acts beside them. */
type Act = RolloutAct | 'approve' | 'review' | 'override' | 'kill' | 'adopt-plan'

/** What is being asked about. */
export interface Asked {
  readonly act: Act
  readonly criterion?: string
}

const VERBS: Readonly<Record<Act, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  advance: 'Advance',
  rollback: 'Roll back',
  abort: 'End the attempt',
  approve: 'Approve the increment',
  review: 'Review',
  override: 'Set aside',
  kill: 'Turn off now',
  'adopt-plan': 'Take over the changed plan',
}

/** Acts that take something away from people. */
const DANGER: ReadonlySet<Act> = new Set(['rollback', 'kill', 'abort'])

interface ActsProps {
  readonly live: RolloutLive
  readonly ask: (asked: Asked) => void
  /** Further buttons. */
  readonly children?: ReactNode
}

/** The buttons. What the state forbids is shown, off, with the reason below. */
export function Acts({ live: { rollout, next }, ask, children }: ActsProps): ReactElement {
  const me = useMe()
  const mayOperate = me?.permissions.includes('rollout:operate') ?? false
  const mayKill = me?.permissions.includes('flag:kill') ?? false
  const because = rollout.actions.filter((it) => !it.allowed)
  const recommended = recommendedAct(rollout)
  const button = (act: Act, allowed: boolean): ReactElement => (
    <Button
      key={act}
      size="sm"
      disabled={!allowed}
      variant={recommended === act || act === 'kill' ? 'filled' : 'default'}
      {...(DANGER.has(act) && (recommended === act || act === 'kill') ? { color: '#c92a2a' } : {})}
      onClick={() => ask({ act })}
    >
      {act === 'advance' ? advanceWords(rollout) : VERBS[act]}
    </Button>
  )
  return (
    <div className={classes['acts']}>
      <Group gap="xs">
        {rollout.approval === null ? null : button('approve', mayOperate)}
        {rollout.review?.due === true && isUnderway(rollout.state) ? button('review', mayOperate) : null}
        {rollout.hold?.reason === 'unapproved' ? button('adopt-plan', mayOperate) : null}
        {rollout.actions.map((it) => button(it.act, it.allowed && mayOperate))}
        {button('kill', mayKill)}
        {children}
      </Group>
      <details className={classes['whyNot']}>
        <summary>Who may do what, and why not now</summary>
        <ul>
          <li>
            {next.who.length === 0 ? 'The engine takes the next step by itself.' : `Next: ${next.what}.`}{' '}
            {mayOperate ? 'You may steer it.' : 'Your roles do not allow to steer it.'} Turning off is open to
            everybody who works on the project, always.
          </li>
          {because.map((it) => (
            <li key={it.act}>
              {VERBS[it.act]}: {it.because}
            </li>
          ))}
        </ul>
      </details>
    </div>
  )
}

/** The one act that what is known speaks for; undefined where waiting is right. */
function recommendedAct({ verdict, state, approval, review, hold }: Rollout): Act | undefined {
  if (verdict === 'NO-GO' && (state === 'held' || state === 'running' || state === 'paused'))
    return 'rollback'
  if (approval !== null && approval.given === null) return 'approve'
  if (approval?.given?.holds === true) return 'advance'
  if (review?.due === true && isUnderway(state)) return 'review'
  if (hold?.reason === 'unapproved') return 'adopt-plan'
  return state === 'paused' ? 'resume' : undefined
}

/** `Advance to 50 %`. */
function advanceWords({ plan, position }: Rollout): string {
  if (position === null || position.stage === 0) return VERBS.advance
  const here = plan.stages[position.stage - 1]
  const percent = here?.increments[position.increment] ?? plan.stages[position.stage]?.increments[0]
  const stage =
    here?.increments[position.increment] === undefined ? plan.stages[position.stage]?.name : undefined
  if (percent === undefined) return VERBS.advance
  return `Advance to ${stage === undefined ? '' : `${stage}, `}${percent} %`
}

interface AskActProps {
  readonly project: string
  readonly rollout: Rollout
  readonly asked: Asked
  readonly close: () => void
  /** A kill was accepted. */
  readonly killed: (kill: Answer<'killFlag'>) => void
}

/** The confirmation of one act, with what it needs beside the reason. */
export function AskAct({ project, rollout, asked, close, killed }: AskActProps): ReactElement {
  const act = useActs(project, rollout, killed)
  const [until, setUntil] = useState('')
  const [hours, setHours] = useCarried('hours of the override', '24')
  const [outcome, setOutcome] = useState<'continue' | 'pause' | 'roll-back'>('continue')
  const given = { until, hours: Number(hours), outcome, criterion: asked.criterion ?? '' }
  return (
    <Confirm
      opened
      close={close}
      title={`${VERBS[asked.act]}: ${asked.criterion ?? rollout.flag} in ${rollout.environment}`}
      verb={asked.act === 'advance' ? advanceWords(rollout) : VERBS[asked.act]}
      reason={asked.act === 'review' ? 'What was seen, and why' : 'Why'}
      danger={DANGER.has(asked.act)}
      act={(reason) => act(asked.act, reason, given)}
    >
      <Meaning act={asked.act} rollout={rollout} />
      {asked.act === 'pause' ? (
        <TextInput
          mt="sm"
          type="datetime-local"
          label="Goes on by itself at"
          description="Left empty: until somebody resumes it."
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      ) : null}
      {asked.act === 'override' ? (
        <Select
          mt="sm"
          label="For"
          data={[
            { value: '1', label: 'an hour' },
            { value: '24', label: 'a day' },
            { value: '72', label: 'three days' },
            { value: '167', label: 'a week' },
          ]}
          value={hours}
          onChange={(it) => setHours(it ?? '24')}
        />
      ) : null}
      {asked.act === 'review' ? (
        <Radio.Group mt="sm" label="It goes on so" value={outcome} onChange={(it) => setOutcome(it)}>
          <Group gap="md" mt={6}>
            <Radio value="continue" label="continue" />
            <Radio value="pause" label="pause" />
            <Radio value="roll-back" label="roll back" />
          </Group>
        </Radio.Group>
      ) : null}
      <div className={classes['twinCommand']}>
        <CopyCommand command={commandOf(asked.act, rollout, given)} />
      </div>
    </Confirm>
  )
}

interface Given {
  readonly until: string
  readonly hours: number
  readonly outcome: 'continue' | 'pause' | 'roll-back'
  readonly criterion: string
}

/** Carries out an act; throws what the server refuses. */
function useActs(
  project: string,
  rollout: Rollout,
  killed: AskActProps['killed'],
): (act: Act, reason: string, given: Given) => Promise<unknown> {
  const params = { project, rollout: rollout.id }
  const pause = useWrite('pauseRollout')
  const resume = useWrite('resumeRollout')
  const advance = useWrite('advanceRollout')
  const rollback = useWrite('rollbackRollout')
  const abort = useWrite('abortRollout')
  const approve = useWrite('approveRollout')
  const review = useWrite('reviewRollout')
  const override = useWrite('overrideRollout')
  const adopt = useWrite('adoptRolloutPlan')
  const kill = useWrite('killFlag')
  return async (act, reason, { until, hours, outcome, criterion }) => {
    const body = { reason }
    switch (act) {
      case 'pause': {
        const at = until === '' ? {} : { until: new Date(until).toISOString() }
        return await pause.mutateAsync([{ params, body: { reason, ...at } }])
      }
      case 'resume':
        return await resume.mutateAsync([{ params, body }])
      case 'advance':
        return await advance.mutateAsync([{ params, body }])
      case 'rollback':
        return await rollback.mutateAsync([{ params, body }])
      case 'abort':
        return await abort.mutateAsync([{ params, body }])
      case 'adopt-plan':
        return await adopt.mutateAsync([{ params, body }])
      case 'approve':
        return await approve.mutateAsync([
          { params, body: { reason, evidence: rollout.approval?.evidence ?? '' } },
        ])
      case 'review':
        return await review.mutateAsync([{ params, body: { reason, outcome } }])
      case 'override': {
        const at = new Date(Date.now() + hours * 3_600_000).toISOString()
        return await override.mutateAsync([{ params, body: { reason, criterion, until: at } }])
      }
      case 'kill': {
        const { flag, environment } = rollout
        const accepted = await kill.mutateAsync([{ params: { project, flag, environment }, body }])
        killed(accepted)
        return accepted
      }
    }
  }
}

/** What the act means, with numbers. */
function Meaning({ act, rollout }: { readonly act: Act; readonly rollout: Rollout }): ReactNode {
  const { plan, exposure, instances, flag } = rollout
  const keys = exposure.distinctKeys
  const users = keys === null ? 'Everybody exposed' : `${count(keys.exposed)} users seen in the exposed arm`
  const who = `${count(instances.connected)} connected ${instances.connected === 1 ? 'instance has' : 'instances have'} to confirm it`
  switch (act) {
    case 'rollback':
    case 'abort':
      return `${users} lose ${plan.treatment} of ${flag} and are served ${plan.control}. ${who}. Now exposed: ${exposedWords(rollout)}.`
    case 'kill':
      return `${flag} is turned off for everybody in ${rollout.environment}, without approval; ${users.toLowerCase()} lose it. ${who}.`
    case 'advance':
      return `${advanceWords(rollout)} of the plan. Now exposed: ${exposedWords(rollout)}. The verdict is ${rollout.verdict ?? 'not there yet'}.`
    case 'pause':
      return `It stays where it is: ${exposedWords(rollout)}. Harm still rolls it back.`
    case 'resume':
      return `It goes on from ${exposedWords(rollout)}. It was stopped: ${rollout.paused?.reason ?? rollout.hold?.sentence ?? 'no reason is known'}.`
    case 'approve':
      return `You approve what the evidence says now, for the next increment. Once it says something else the approval is void. ${advanceWords(rollout)} comes next.`
    case 'override':
      return 'The criterion does not keep the rollout from advancing for this time. Harm rolls back all the same.'
    case 'review':
      return `You say after a look at the verdicts how it goes on. Now exposed: ${exposedWords(rollout)}.`
    case 'adopt-plan':
      return 'The plan that was changed and approved anew is followed from here on. Evidence is kept where metric and variant are the same.'
  }
}

/** The same by command. */
function commandOf(act: Act, { feature, flag, environment, approval }: Rollout, given: Given): string {
  const why = "--reason '…'"
  if (act === 'kill') return `flagmarshal kill ${commandWord(flag)} --env ${environment} ${why}`
  const more: Partial<Record<Act, string>> = {
    approve: ` --evidence ${approval?.evidence ?? '…'}`,
    review: ` --outcome ${given.outcome}`,
    override: ` --criterion ${given.criterion} --until '…'`,
  }
  return `flagmarshal rollout ${act} ${feature}${more[act] ?? ''} ${why}`
}
