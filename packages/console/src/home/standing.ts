/**
 * What stands where, over all projects: features with their runs under way, and rollouts. The pages
 * that begin a day (Home, Now) and the list of features are made from it.
 */
import { useQueries } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'

import { LIVE_MS, reading, useLive } from '../query.ts'
import type { Answer } from '../query.ts'

type Feature = Answer<'listFeatures'>['items'][number]
type Run = Answer<'showRun'>
type RolloutSummary = Answer<'listRollouts'>['items'][number]

/** A feature, its run while one is under way, and its newest rollout. */
export interface Standing {
  readonly feature: Feature
  readonly run: Run | undefined
  readonly rollout: RolloutSummary | undefined
}

export interface Standings {
  readonly items: readonly Standing[]
  /** Every read that it is made from. */
  readonly reads: readonly UseQueryResult[]
  readonly projects: Answer<'listProjects'>['items'] | undefined
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'aborted'])

/** Whether a run is under way. */
function underWay(feature: Feature): boolean {
  return feature.latestRun !== null && !ENDED.has(feature.latestRun.state)
}

/** Reads it, again and again; of one project where it is named. */
export function useStandings(only?: string): Standings {
  const projects = useLive('listProjects')
  const keys = (projects.data?.items ?? []).map((it) => it.key)
  const wanted = only === undefined ? keys : keys.filter((it) => it === only)
  const live = { refetchInterval: LIVE_MS }
  const features = useQueries({
    queries: wanted.map((project) => ({ ...reading('listFeatures', { params: { project } }), ...live })),
  })
  const rollouts = useQueries({
    queries: wanted.map((project) => ({ ...reading('listRollouts', { params: { project } }), ...live })),
  })
  const known = features.flatMap((it) => it.data?.items ?? [])
  const runs = useQueries({
    queries: known.filter(underWay).map(({ project, latestRun }) => ({
      ...reading('showRun', { params: { project, run: latestRun?.id ?? '' } }),
      ...live,
    })),
  })
  const runOf = new Map(runs.flatMap((it) => (it.data === undefined ? [] : [[it.data.id, it.data] as const])))
  const newest = rollouts.map((it) => it.data?.items ?? [])
  return {
    projects: projects.data?.items,
    reads: [projects, ...features, ...rollouts, ...runs],
    items: known.map((feature) => ({
      feature,
      run: runOf.get(feature.latestRun?.id ?? ''),
      rollout: newest[wanted.indexOf(feature.project)]?.find((it) => it.feature === feature.key),
    })),
  }
}
