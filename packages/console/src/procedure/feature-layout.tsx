/**
 * The frame of a feature's pages: its name and state, the rail of seven steps at the left, the page
 * in the middle, the gate at the right. Rail and gate stay while the page in the middle changes.
 */
import { Outlet, useParams } from '@tanstack/react-router'
import { createContext, Suspense, useContext } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { GateCard } from '../ui/gate-card.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { StepRail } from '../ui/step-rail.tsx'
import { StartRun } from './start-run.tsx'

import classes from './feature.module.css'

type Feature = Answer<'showFeature'>
type Run = Answer<'showRun'>

/** What every page of a feature is given. */
export interface FeatureContext {
  readonly feature: Feature
  readonly run: Run
}

const Context = createContext<FeatureContext | undefined>(undefined)

/** The feature and the run whose page this is. */
export function useFeature(): FeatureContext {
  const context = useContext(Context)
  if (context === undefined) throw new Error('this page is not below a feature')
  return context
}

export function FeatureLayout(): ReactElement {
  const { project = '', feature = '' } = useParams({ strict: false })
  const read = useLive('showFeature', { params: { project, feature } })
  return (
    <Loaded read={read}>
      {(it) =>
        it.latestRun === null ? <WithoutRun feature={it} /> : <WithRun feature={it} run={it.latestRun.id} />
      }
    </Loaded>
  )
}

function Crumbs({ feature }: { readonly feature: Feature }): ReactElement {
  const { ticket } = feature
  return (
    <>
      <Link to={paths.features(feature.project)}>Features</Link> / <code>{feature.key}</code> · {feature.team}{' '}
      · flag <code>{feature.flag}</code> · {feature.layers.join(' + ')}
      {'key' in ticket ? (
        <>
          {' · '}
          <a href={ticket.url} target="_blank" rel="noreferrer">
            {ticket.key}
          </a>
        </>
      ) : null}
    </>
  )
}

function WithoutRun({ feature }: { readonly feature: Feature }): ReactElement {
  return (
    <Page title={feature.name} crumbs={<Crumbs feature={feature} />}>
      <EmptyState title="The procedure has not been started">
        A run begins with what set it off: the feature is ready, its acceptance is complete, or another
        procedure asks for it.
      </EmptyState>
      <StartRun project={feature.project} feature={feature.key} />
    </Page>
  )
}

function WithRun({ feature, run: id }: { readonly feature: Feature; readonly run: string }): ReactElement {
  const read = useLive('showRun', { params: { project: feature.project, run: id } })
  const { step } = useParams({ strict: false })
  return (
    <Loaded read={read}>
      {(run) => (
        <Page
          title={feature.name}
          crumbs={<Crumbs feature={feature} />}
          beside={<Status of={run.exit?.state === 'blocked' ? 'blocked' : run.state} />}
          actions={<Freshness of={[read]} />}
        >
          <div className={classes['frame']}>
            <StepRail run={run} {...(step === undefined ? {} : { here: Number(step) })} />
            <div className={classes['middle']}>
              <Context value={{ feature, run }}>
                <Suspense fallback={null}>
                  <Outlet />
                </Suspense>
              </Context>
            </div>
            <GateCard run={run} />
          </div>
        </Page>
      )}
    </Loaded>
  )
}
