/** What needs me now; what runs; my features. Nothing there: the way in. */
import type { ReactElement, ReactNode } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { duration, useNow } from '../ui/time-ago.tsx'
import { actPath } from './act-path.ts'
import { FirstProject } from './first-project.tsx'

import classes from './home.module.css'

type Attention = Answer<'showAttention'>
type Item = Attention['items'][number]

export function Home(): ReactElement {
  const read = useLive('showAttention')
  if (read.data?.projects === 0) return <FirstProject />
  return (
    <Page title="Home" actions={<Freshness of={[read]} />}>
      <Loaded read={read}>{(it) => <Standing attention={it} />}</Loaded>
    </Page>
  )
}

function Standing({ attention: { items, rollouts, runs } }: { readonly attention: Attention }): ReactElement {
  return (
    <>
      <Card title="Needs you" beside={<Count of={items.length} />} flush>
        {items.length === 0 ? (
          <p className={classes['calm']}>
            Nothing needs you.{' '}
            {rollouts.length === 0 ? 'No rollout is under way.' : `${rolloutsWord(rollouts.length)}.`}
          </p>
        ) : (
          <ul className={classes['list']}>
            {items.map((it) => (
              <AttentionRow key={it.id} item={it} />
            ))}
          </ul>
        )}
      </Card>
      <div className={classes['columns']}>
        <Card title="Rollouts under way" beside={<Count of={rollouts.length} />} flush>
          {rollouts.length === 0 ? (
            <p className={classes['calm']}>None. An approved plan starts one.</p>
          ) : (
            <ul className={classes['list']}>
              {rollouts.map((it) => (
                <Row key={it.id} state={it.state} to={paths.rollout(it.project, it.id)} name={it.name}>
                  {it.environment} · {it.status}
                </Row>
              ))}
            </ul>
          )}
        </Card>
        <Card title="Features on their way" beside={<Count of={runs.length} />} flush>
          {runs.length === 0 ? (
            <p className={classes['calm']}>None is in the procedure at the moment.</p>
          ) : (
            <ul className={classes['list']}>
              {runs.map((it) => (
                <Row key={it.run} state={it.state} to={paths.feature(it.project, it.feature)} name={it.name}>
                  {it.status}
                </Row>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </>
  )
}

function rolloutsWord(count: number): string {
  return count === 1 ? 'One rollout is under way' : `${count} rollouts are under way`
}

function Count({ of }: { readonly of: number }): ReactElement {
  return <span className="fm-dim">{of}</span>
}

function AttentionRow({ item: it }: { readonly item: Item }): ReactElement {
  const now = useNow()
  const state = it.waitsFor === 'approval' || it.waitsFor === 'review' ? 'awaiting_approval' : it.state
  const to = addressOf(it)
  return (
    <li className={classes['row']}>
      <span className={classes['state']}>
        <Status of={state} word={wordOf(it)} />
      </span>
      <span className={classes['what']}>
        <strong>{it.name}</strong>{' '}
        <span>
          {it.title}
          {it.more === 0 ? '' : ` and ${it.more} more`}
        </span>{' '}
        <span className="fm-dim">· {duration(now - Date.parse(it.since))}</span>
      </span>
      <Link to={to} className={classes['open'] ?? ''} aria-label={`Open ${it.name}`}>
        Open
      </Link>
    </li>
  )
}

function addressOf(it: Item): string {
  if (it.kind === 'rollout') return paths.rollout(it.project, it.id)
  return it.kind === 'draft' ? paths.draft(it.project, it.id) : actPath(it.project, it.feature, it)
}

function wordOf({ kind, state, role }: Item): string {
  if (kind === 'rollout') return state.replaceAll('_', ' ')
  return role === null ? 'Your turn' : `Your turn, ${role.replaceAll('-', ' ')}`
}

interface RowProps {
  readonly state: string
  readonly to: string
  readonly name: string
  readonly children: ReactNode
}

function Row({ state, to, name, children }: RowProps): ReactElement {
  return (
    <li className={classes['row']}>
      <span className={classes['state']}>
        <Status of={state} />
      </span>
      <span className={classes['what']}>
        <Link to={to}>{name}</Link> <span className="fm-dim">{children}</span>
      </span>
    </li>
  )
}
