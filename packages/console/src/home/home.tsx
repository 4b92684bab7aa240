/** What needs me now; what runs; my features. Nothing there: the way in. */
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { attentionOf } from './attention.ts'
import type { Attention } from './attention.ts'
import { FirstProject } from './first-project.tsx'
import { useStandings } from './standing.ts'
import type { Standing } from './standing.ts'

import classes from './home.module.css'

const MOVING: ReadonlySet<string> = new Set([
  'scheduled',
  'observing',
  'running',
  'held',
  'paused',
  'rolling_back',
])

export function Home(): ReactElement {
  const me = useMe()
  const standings = useStandings()
  const first = standings.reads[0]
  if (standings.projects?.length === 0) return <FirstProject />
  const attention = attentionOf(standings.items, me?.id ?? '')
  const moving = standings.items.filter((it) => it.rollout !== undefined && MOVING.has(it.rollout.state))
  return (
    <Page title="Home" actions={<Freshness of={standings.reads} />}>
      {first === undefined ? null : <Loaded read={first}>{() => null}</Loaded>}
      <Card title="Needs you" beside={<Count of={attention.length} />} flush>
        {attention.length === 0 ? (
          <p className={classes['calm']}>
            Nothing needs you.{' '}
            {moving.length === 0 ? 'No rollout is under way.' : `${rolloutsWord(moving.length)}.`}
          </p>
        ) : (
          <ul className={classes['list']}>
            {attention.map((it) => (
              <AttentionRow key={it.key} attention={it} />
            ))}
          </ul>
        )}
      </Card>
      <div className={classes['columns']}>
        <Card title="Rollouts under way" beside={<Count of={moving.length} />} flush>
          {moving.length === 0 ? (
            <p className={classes['calm']}>None. An approved plan starts one.</p>
          ) : (
            <ul className={classes['list']}>
              {moving.map((it) => (
                <RolloutRow key={it.rollout?.id} standing={it} />
              ))}
            </ul>
          )}
        </Card>
        <Card title="Features on their way" beside={<Count of={onTheirWay(standings.items).length} />} flush>
          {onTheirWay(standings.items).length === 0 ? (
            <p className={classes['calm']}>None is in the procedure at the moment.</p>
          ) : (
            <ul className={classes['list']}>
              {onTheirWay(standings.items).map((it) => (
                <FeatureRow key={`${it.feature.project}/${it.feature.key}`} standing={it} />
              ))}
            </ul>
          )}
        </Card>
      </div>
    </Page>
  )
}

function onTheirWay(items: readonly Standing[]): readonly Standing[] {
  return items.filter((it) => it.run !== undefined)
}

function rolloutsWord(count: number): string {
  return count === 1 ? 'One rollout is under way' : `${count} rollouts are under way`
}

function Count({ of }: { readonly of: number }): ReactElement {
  return <span className="fm-dim">{of}</span>
}

function AttentionRow({ attention: it }: { readonly attention: Attention }): ReactElement {
  return (
    <li className={classes['row']}>
      <span className={classes['state']}>
        <Status of={it.state} word={it.word} />
      </span>
      <span className={classes['what']}>
        <strong>{it.feature}</strong> <span>{it.sentence}</span>
      </span>
      <Link to={it.to} className={classes['open'] ?? ''} aria-label={`Open ${it.feature}`}>
        Open
      </Link>
    </li>
  )
}

function RolloutRow({
  standing: { feature, rollout },
}: {
  readonly standing: Standing
}): ReactElement | null {
  if (rollout === undefined) return null
  const percent = Math.round(rollout.exposure.share * 1000) / 10
  return (
    <li className={classes['row']}>
      <span className={classes['state']}>
        <Status of={rollout.state} />
      </span>
      <span className={classes['what']}>
        <Link to={paths.rollout(feature.project, rollout.id)}>{feature.name}</Link>{' '}
        <span className="fm-dim">
          {rollout.environment} · {percent} % · {rollout.status}
        </span>
      </span>
    </li>
  )
}

function FeatureRow({ standing: { feature, run } }: { readonly standing: Standing }): ReactElement | null {
  if (run === undefined) return null
  return (
    <li className={classes['row']}>
      <span className={classes['state']}>
        <Status of={run.exit?.state === 'blocked' ? 'blocked' : run.state} />
      </span>
      <span className={classes['what']}>
        <Link to={paths.feature(feature.project, feature.key)}>{feature.name}</Link>{' '}
        <span className="fm-dim">{run.status}</span>
      </span>
    </li>
  )
}
