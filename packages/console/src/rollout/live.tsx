/** A rollout as it happens: where it stands, what it measures, what comes next, and what one may do. */
import type { RolloutDecision } from '@flagmarshal/api/rollout'
import type { RolloutLive } from '@flagmarshal/api/rollout-live'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useCarried } from '../access/carried.ts'
import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useLive, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo, duration, useNow } from '../ui/time-ago.tsx'
import { Acts, AskAct } from './acts.tsx'
import type { Asked } from './acts.tsx'
import { Aftermath, Killed } from './aftermath.tsx'
import { Chart } from './chart.tsx'
import { EvidenceChart } from './evidence-chart.tsx'
import { SILENT_MS, joined, useLiveFeed } from './live-feed.ts'
import type { Feed } from './live-feed.ts'
import { Reports, Watching } from './people.tsx'
import { Bake, Ramp } from './ramp.tsx'
import { StartRollout } from './start-rollout.tsx'
import { Verdict, Verdicts } from './verdicts.tsx'
import { exposedWords, isUnderway, mayStartAgain, roleWords } from './words.ts'

import classes from './rollout.module.css'

/** `/p/:project/rollouts/:rollout`. */
export function RolloutPage(): ReactElement {
  const { project = '', rollout = '' } = useParams({ strict: false })
  return <LiveView key={rollout} project={project} rollout={rollout} />
}

/** `/p/:project/f/:feature/rollout`: the latest attempt of a feature. */
export function FeatureRolloutPage(): ReactElement {
  const { project = '', feature = '' } = useParams({ strict: false })
  const read = useLive('listRollouts', { params: { project }, query: { feature } })
  const runs = useRead('listRuns', { params: { project, feature } })
  const approved = runs.data?.items.find((it) => it.state === 'approved' || it.state === 'completed')
  const latest = read.data?.items[0]
  if (latest !== undefined) return <LiveView key={latest.id} project={project} rollout={latest.id} />
  return (
    <Page
      title={`Rollout of ${feature}`}
      crumbs={<Link to={paths.feature(project, feature)}>{feature}</Link>}
    >
      <Card title="Rollout">
        <Loaded read={read}>
          {() => (
            <EmptyState
              {...(approved === undefined
                ? {}
                : {
                    action: (
                      <StartRollout
                        project={project}
                        feature={feature}
                        run={approved.id}
                        verb="Start the rollout"
                      />
                    ),
                  })}
              title="It has no rollout yet"
              command={`flagmarshal rollout start ${feature}`}
            >
              Once its plan is approved, its rollout is started and can be watched here.
            </EmptyState>
          )}
        </Loaded>
      </Card>
    </Page>
  )
}

interface LiveViewProps {
  readonly project: string
  readonly rollout: string
}

function LiveView({ project, rollout: id }: LiveViewProps): ReactElement {
  const params = { project, rollout: id }
  const first = useRead('showRollout', { params })
  const series = useRead('showRolloutSeries', { params, query: { windows: '600' } })
  const feed = useLiveFeed(project, id)
  const { live } = feed
  const staleness = useStaleness(feed)
  if (live === undefined) {
    return (
      <Page title="Rollout" crumbs={<Link to={paths.rollouts(project)}>Rollouts</Link>}>
        <Card
          title="Rollout"
          beside={feed.trouble === undefined ? undefined : <Status of="unknown" word="No live updates" />}
        >
          <Loaded read={first}>
            {(it) => (
              <p aria-busy={feed.trouble === undefined}>{feed.trouble ?? `Connecting: ${it.status}`}</p>
            )}
          </Loaded>
        </Card>
      </Page>
    )
  }
  return <Shown project={project} live={live} feed={feed} stale={staleness} series={series.data} />
}

/** Why what is shown may not be true any more; undefined while it is. */
function useStaleness({ live, heardAt, trouble }: Feed): string | undefined {
  const now = useNow()
  if (live === undefined) return undefined
  const silence = now - heardAt
  if (silence > SILENT_MS) {
    return `The server was last heard ${duration(silence)} ago: what is shown is what was true then. Trying again.`
  }
  if (trouble !== undefined) return trouble
  if (!live.stale) return undefined
  const since = live.silentMs === null ? '' : `; it last did ${duration(live.silentMs)} ago`
  return `The engine should have looked by now and has not${since}. Nothing advances, and nothing rolls back by itself; turning off works.`
}

interface ShownProps {
  readonly project: string
  readonly live: RolloutLive
  readonly feed: Feed
  readonly stale: string | undefined
  readonly series: Answer<'showRolloutSeries'> | undefined
}

function Shown({ project, live, feed, stale, series }: ShownProps): ReactElement {
  const { rollout } = live
  const me = useMe()
  const [asked, setAsked] = useCarried<Asked | null>('act', null)
  const [kill, setKill] = useState<Answer<'killFlag'>>()
  const old = stale !== undefined
  const mayOperate = me?.permissions.includes('rollout:operate') ?? false
  const setAside = (criterion: string): void => setAsked({ act: 'override', criterion })
  return (
    <Page
      title={rollout.feature}
      crumbs={
        <>
          <Link to={paths.rollouts(project)}>Rollouts</Link> ·{' '}
          <Link to={paths.feature(project, rollout.feature)}>feature</Link>
        </>
      }
      beside={
        <>
          <span className={classes['environment']}>{rollout.environment}</span>
          {old ? (
            <Status of="unknown" word={`was ${rollout.state.replaceAll('_', ' ')}`} />
          ) : (
            <Status of={rollout.state} />
          )}
          {rollout.verdict === null ? null : <Verdict of={rollout.verdict} stale={old} />}
        </>
      }
      actions={<Heard feed={feed} />}
    >
      {stale === undefined ? null : (
        <div role="alert" className={classes['stale']}>
          <Status of="unknown" word="Stale" /> {stale}
        </div>
      )}
      <Standing project={project} live={live} old={old} ask={setAsked} />
      {kill === undefined ? null : <Killed project={project} kill={kill} />}
      <Aftermath project={project} rollout={rollout} />
      <Verdicts live={live} stale={old} {...(mayOperate && isUnderway(rollout.state) ? { setAside } : {})} />
      {series === undefined ? null : <Charts live={live} feed={feed} series={series} />}
      <div className={classes['columns']}>
        <Timeline decisions={feed.decisions} />
        <div className={classes['column']}>
          <Watching rollout={rollout} />
          <Reports project={project} rollout={rollout} />
        </div>
      </div>
      <CopyCommand
        command={`flagmarshal rollout status ${rollout.feature} --watch`}
        request={`GET /api/v1/projects/${project}/rollouts/${rollout.id}/live`}
      />
      {asked === null ? null : (
        <AskAct
          key={`${asked.act} ${asked.criterion ?? ''}`}
          project={project}
          rollout={rollout}
          asked={asked}
          close={() => setAsked(null)}
          killed={setKill}
        />
      )}
    </Page>
  )
}

/** How old the picture is. */
function Heard({ feed }: { readonly feed: Feed }): ReactElement {
  const age = useNow() - feed.heardAt
  return feed.connected ? (
    <span className="fm-dim">live, heard {duration(age)} ago</span>
  ) : (
    <Status of="unknown" word={`Not connected; heard ${duration(age)} ago`} />
  )
}

interface StandingProps {
  readonly project: string
  readonly live: RolloutLive
  readonly old: boolean
  readonly ask: (asked: Asked) => void
}

function Standing({ project, live, old, ask }: StandingProps): ReactElement {
  const { rollout, next, bakeEndsAt } = live
  return (
    <Card title="Where it stands" beside={<span className="fm-dim">attempt {rollout.attempt}</span>}>
      <p className={classes['status']} aria-live="polite">
        {rollout.status}
      </p>
      <Ramp rollout={rollout} stale={old} />
      <dl className={classes['facts']}>
        <dt>Exposed</dt>
        <dd>{exposedWords(rollout)}</dd>
        <dt>Instances</dt>
        <dd>
          {rollout.instances.connected} connected
          {rollout.instances.silent === 0 ? '' : `, ${rollout.instances.silent} silent`}
        </dd>
        {rollout.bake === null ? null : (
          <>
            <dt>Bake</dt>
            <dd>
              <Bake rollout={rollout} stale={old} />
              {bakeEndsAt === null || old || rollout.bake.healthy >= rollout.bake.needed ? null : (
                <span className="fm-dim">
                  {' '}
                  ends <TimeAgo at={bakeEndsAt} /> if every window is healthy
                </span>
              )}
            </dd>
          </>
        )}
        {rollout.bake?.endsBy === null || rollout.bake?.endsBy === undefined ? null : (
          <>
            <dt>At the latest</dt>
            <dd>
              a person is asked <TimeAgo at={rollout.bake.endsBy} />
            </dd>
          </>
        )}
        <dt>Next</dt>
        <dd>
          {next.what}
          {next.at === null || old ? null : (
            <>
              , <TimeAgo at={next.at} />
            </>
          )}
          {next.who.length === 0 ? '' : ` (${roleWords(next.who)})`}
        </dd>
      </dl>
      <Acts live={live} ask={ask}>
        {mayStartAgain(rollout.state) ? (
          <StartRollout
            project={project}
            feature={rollout.feature}
            run={rollout.run}
            verb="Start a new attempt"
          />
        ) : null}
      </Acts>
    </Card>
  )
}

interface ChartsProps {
  readonly live: RolloutLive
  readonly feed: Feed
  readonly series: Answer<'showRolloutSeries'>
}

function Charts({ live: { rollout }, feed, series }: ChartsProps): ReactElement {
  const points = joined(series.points, feed.points)
  const from = points[0]?.end ?? ''
  const annotations = feed.decisions.filter((it) => it.at >= from)
  return (
    <div className={classes['charts']}>
      {series.criteria.map((it) => {
        const criterion = rollout.plan.criteria.find((each) => each.id === it.criterion)
        const isMean = criterion?.role !== 'report' && criterion?.mean !== undefined
        return (
          <Card key={it.criterion} title={it.criterion} beside={<span className="fm-dim">{it.role}</span>}>
            <Chart criterion={it} isMean={isMean} points={points} annotations={annotations} />
            <EvidenceChart
              criterion={it}
              needed={series.needed}
              points={points}
              never={withoutEvidence(criterion)}
            />
          </Card>
        )
      })}
    </div>
  )
}

/** Why a criterion of its kind has no log E; undefined where it has. */
function withoutEvidence(
  criterion: RolloutLive['rollout']['plan']['criteria'][number] | undefined,
): string | undefined {
  if (criterion === undefined || criterion.role === 'report') return undefined
  if (criterion.source.kind === 'resources') return 'a resource is compared with its limit.'
  return criterion.mean === undefined ? undefined : 'a mean is judged by its windows alone.'
}

function Timeline({ decisions }: { readonly decisions: readonly RolloutDecision[] }): ReactElement {
  return (
    <Card title="Decisions" beside={<span className="fm-dim">{decisions.length}</span>} flush>
      <ol className={classes['timeline']} reversed>
        {decisions.toReversed().map((it) => (
          <li key={it.seq}>
            <span className={classes['decisionHead']}>
              <strong>{it.kind.replaceAll('-', ' ')}</strong>
              <span className="fm-dim">
                {it.by}, <TimeAgo at={it.at} />
              </span>
            </span>
            <span className="fm-sentence">{it.sentence}</span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
