/** The exercises of each step: verification at step 2, set-up and fire drill at 4, rollback drill at 5. */
import type { ReactElement } from 'react'

import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { Exercises } from './exercises.tsx'
import type { Exercise } from './exercises.tsx'
import { useFollowed } from './long-work.ts'

import classes from './exercise.module.css'

type Run = Answer<'showRun'>
type Verification = Answer<'listVerifications'>['items'][number]
type Drill = Answer<'listDrills'>['items'][number]
type Setup = Answer<'listMonitoringSetups'>['items'][number]

interface StepExercisesProps {
  readonly step: string
  readonly run: Run
}

export function StepExercises({ step, run }: StepExercisesProps): ReactElement | null {
  switch (step) {
    case 'flags':
      return <Verifications run={run} />
    case 'monitoring':
      return (
        <>
          <Setups run={run} />
          <Drills run={run} kind="alert" />
        </>
      )
    case 'rollback':
      return <Drills run={run} kind="rollback" />
    default:
      return null
  }
}

interface OfRun {
  readonly run: Run
}

const address = ({ project, id }: Run, what: string): string =>
  `POST /api/v1/projects/${project}/runs/${id}/${what}`

/** Running and failed look the same everywhere; what a finished one says is its own. */
function verdictOf(it: Exercise, done: ReactElement): ReactElement {
  if (it.state === 'running') return <Status of="observing" word="Running" />
  return it.state === 'failed' ? <Status of="fail" word="Could not be carried out" /> : done
}

function Verifications({ run }: OfRun): ReactElement {
  const params = { project: run.project, run: run.id }
  const read = useLive('listVerifications', { params })
  useFollowed({ operation: 'listVerifications', ...params, title: 'Verification run' }, read.data?.items)
  const start = useWrite('startVerification')
  const findings = (it: Verification): readonly string[] =>
    (it.environments ?? []).flatMap((one) =>
      [...one.engine.findings, ...one.sdk.findings].map((finding) => `${one.environment}: ${finding}`),
    )
  return (
    <Exercises
      title="Verification run"
      says="The flag is tried in every environment: on and off, the distribution of 10,000 keys, stickiness, the contexts above, by the engine and by connected instances. Where an environment is protected nothing is switched on."
      verb="Start a verification run"
      project={run.project}
      items={read.data?.items ?? []}
      start={() => start.mutate([{ params, body: {} }])}
      starting={start.isPending}
      error={start.error ?? read.error}
      command={`flagmarshal flag test ${run.feature}`}
      request={address(run, 'verifications')}
      verdict={(it) =>
        verdictOf(
          it,
          findings(it).length === 0 ? (
            <Status of="pass" word="Nothing found" />
          ) : (
            <Status of="fail" word={`${findings(it).length} findings`} />
          ),
        )
      }
      found={(it) => (
        <>
          <List of={findings(it)} />
          <Environments verification={it} />
        </>
      )}
    />
  )
}

function Environments({ verification }: { readonly verification: Verification }): ReactElement {
  return (
    <div className={classes['figures']} tabIndex={0} role="group" aria-label="What each environment showed">
      <Table columns={['environment', 'SDKs', 'slowest toggle', 'layers that served on and off']}>
        {(verification.environments ?? []).map((it) => (
          <tr key={it.environment}>
            <td>
              {it.environment}
              {it.protected ? <span className="fm-dim"> · protected, nothing was switched on</span> : null}
            </td>
            <td>
              {it.sdk.asked.length === 0
                ? 'engine only'
                : `${it.sdk.answered.length} of ${it.sdk.asked.length} answered`}
            </td>
            <td>{slowest(it.toggles)}</td>
            <td>
              {it.layers.length === 0
                ? 'none is connected'
                : it.layers
                    .map((one) => `${one.layer}: ${one.servedOn ? 'on' : '–'}/${one.servedOff ? 'off' : '–'}`)
                    .join(', ')}
            </td>
          </tr>
        ))}
      </Table>
    </div>
  )
}

/** The slowest acknowledgement, or what none has given. */
function slowest(
  toggles: readonly { readonly instances: readonly { readonly confirmedAfterMs: number | null }[] }[],
): string {
  const times = toggles.flatMap((it) => it.instances.map((one) => one.confirmedAfterMs))
  if (times.length === 0) return 'no instance is connected'
  return times.includes(null)
    ? 'not all within the bound'
    : `${Math.max(...times.map((it) => it ?? 0)).toLocaleString('en')} ms`
}

const DRILLS = {
  alert: {
    title: 'Fire drill',
    verb: 'Start a fire drill',
    says: 'A breach is made up, marked as a drill and kept out of real figures. The alert must fire and the notification must arrive; every hop is timed.',
  },
  rollback: {
    title: 'Rollback drill',
    verb: 'Start a rollback drill',
    says: 'Outside production the flag is enabled and quickly disabled again, with the instances that are connected there; the hooks are run on staging, and dry in production.',
  },
} as const

function Drills({ run, kind }: OfRun & { readonly kind: keyof typeof DRILLS }): ReactElement {
  const params = { project: run.project, run: run.id }
  const read = useLive('listDrills', { params })
  useFollowed(
    { operation: 'listDrills', ...params, title: DRILLS[kind].title },
    read.data?.items.filter((it) => it.kind === kind),
  )
  const start = useWrite('startDrill')
  return (
    <Exercises
      {...DRILLS[kind]}
      project={run.project}
      items={(read.data?.items ?? []).filter((it) => it.kind === kind)}
      start={() => start.mutate([{ params, body: { kind } }])}
      starting={start.isPending}
      error={start.error ?? read.error}
      command={`flagmarshal drill run ${run.feature} ${kind}`}
      request={`${address(run, 'drills')} {"kind":"${kind}"}`}
      verdict={(it) =>
        verdictOf(
          it,
          it.verdict === 'passed' ? (
            <Status of="pass" word="Passed" />
          ) : it.verdict === 'failed' ? (
            <Status of="fail" word="Failed" />
          ) : (
            <Status of="unknown" />
          ),
        )
      }
      found={(it) => <DrillFound drill={it} />}
    />
  )
}

function DrillFound({ drill: it }: { readonly drill: Drill }): ReactElement {
  const { alert, rollback, certificate } = it
  const hooks = typeof rollback?.hooks === 'string' ? [] : (rollback?.hooks ?? [])
  return (
    <>
      <List of={it.findings} />
      {alert === undefined ? null : (
        <ul>
          {alert.hops.map((hop) => (
            <li key={hop.hop}>
              {hop.hop}: {hop.afterMs === null ? 'not in time' : `${hop.afterMs.toLocaleString('en')} ms`}
            </li>
          ))}
          {alert.channels.map((channel) => (
            <li key={channel.channel}>
              channel {channel.channel}: {channel.state}
              {channel.afterMs === null ? '' : `, ${channel.afterMs.toLocaleString('en')} ms`}
            </li>
          ))}
        </ul>
      )}
      {rollback === undefined ? null : (
        <ul>
          <li>
            {rollback.environment === null
              ? 'no instance is connected outside production'
              : `in ${rollback.environment}, slowest ${slowest(rollback.toggles)}`}
          </li>
          {rollback.synthetic === undefined ? null : (
            <li>
              {rollback.synthetic.exposed} of {rollback.synthetic.users} synthetic users still got the feature
            </li>
          )}
          {hooks.map((hook) => (
            <li key={`${hook.hook} ${hook.mode} ${hook.target}`}>
              <Status of={hook.ok ? 'pass' : 'fail'} word={`${hook.hook}, ${hook.mode} on ${hook.target}`} />{' '}
              {hook.said}
            </li>
          ))}
        </ul>
      )}
      {certificate === undefined ? null : (
        <p>
          <Status
            of={certificate.valid ? 'pass' : 'stale'}
            word={certificate.valid ? 'Certificate' : 'Certificate, not valid any more'}
          />{' '}
          <code>{certificate.hash.slice(0, 12)}</code>, until <TimeAgo at={certificate.expiresAt} />
        </p>
      )}
    </>
  )
}

function Setups({ run }: OfRun): ReactElement {
  const params = { project: run.project, run: run.id }
  const read = useLive('listMonitoringSetups', { params })
  useFollowed(
    { operation: 'listMonitoringSetups', ...params, title: 'Set-up of monitoring' },
    read.data?.items,
  )
  const start = useWrite('startMonitoringSetup')
  return (
    <Exercises
      title="Set-up of monitoring"
      says="Alert rules and a dashboard are made from the plan, tested, installed where a system is connected, and looked at there."
      verb="Set monitoring up"
      project={run.project}
      items={read.data?.items ?? []}
      start={() => start.mutate([{ params }])}
      starting={start.isPending}
      error={start.error ?? read.error}
      command={`flagmarshal monitoring set-up ${run.feature}`}
      request={address(run, 'monitoring-setups')}
      verdict={(it) =>
        verdictOf(
          it,
          it.findings.length > 0 ? (
            <Status of="fail" word={`${it.findings.length} findings`} />
          ) : it.unknown.length > 0 ? (
            <Status of="unknown" word={`${it.unknown.length} not looked at`} />
          ) : (
            <Status of="pass" word="All there" />
          ),
        )
      }
      found={(it) => <SetupFound setup={it} />}
    />
  )
}

function SetupFound({ setup: { findings, unknown, found } }: { readonly setup: Setup }): ReactElement {
  return (
    <>
      <List of={findings} />
      <List of={unknown.map((it) => `not looked at: ${it}`)} />
      {found === undefined ? null : (
        <ul>
          <li>
            {found.rules.count} rules, {found.rules.loaded.length} loaded; dashboard{' '}
            {found.dashboard.pushed === undefined ? (
              (found.dashboard.why ?? 'not pushed')
            ) : (
              <a href={found.dashboard.pushed.url} target="_blank" rel="noreferrer">
                {found.dashboard.uid}, version {found.dashboard.pushed.version}
              </a>
            )}
          </li>
          {found.panels.map((it) => (
            <li key={`${it.panel} ${it.legend} ${it.population}`}>
              <Status
                of={it.state === 'data' ? 'pass' : it.state === 'empty' ? 'unknown' : 'fail'}
                word={`${it.title}, ${it.population}`}
              />{' '}
              <span className="fm-dim">
                {it.environment}
                {it.source === undefined
                  ? ''
                  : `, ${it.source === 'drill' ? 'series of the drill' : it.source}`}
                {it.why === undefined ? '' : `: ${it.why}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function List({ of }: { readonly of: readonly string[] }): ReactElement | null {
  if (of.length === 0) return null
  return (
    <ul>
      {of.map((it) => (
        <li key={it}>{it}</li>
      ))}
    </ul>
  )
}
