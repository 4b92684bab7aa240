/**
 * What a project is now, as documents: what an export writes and what a plan compares with. The rule
 * that a rollout owns is left out, because nobody writes it by hand.
 */
import { CONFIG_VERSION, configDocuments } from '@flagmarshal/api/config-document'
import type { ConfigDocument } from '@flagmarshal/api/config-document'

import type { Answer, Session } from '../session.ts'
import { inParallel } from './parallel.ts'

type Flag = Answer<'getFlag'>
type Segment = Answer<'getSegment'>
type Served = ConfigDocument<'Flag'>['spec']['environments'][string]

/** A project, read once, with the revisions that a write is compared with. */
export interface Live {
  readonly project: Answer<'getProject'>
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  readonly policy: Answer<'showPolicy'>
  /** The plans of the features whose latest run has one. */
  readonly plans: readonly LivePlan[]
}

interface LivePlan {
  readonly feature: string
  readonly run: string
  readonly output: Answer<'showStep'>['output']
  readonly revision: number
}

/** The step of the procedure that holds the plan. */
export const PLAN_STEP = 3

export async function readLive(session: Session): Promise<Live> {
  const params = { project: session.project() }
  const [project, { items: flags }, { items: segments }, policy, { items: features }] = await Promise.all([
    session.call('getProject', { params }),
    session.call('listFlags', { params }),
    session.call('listSegments', { params }),
    session.call('showPolicy', { params }),
    session.call('listFeatures', { params }),
  ])
  const whole = await inParallel(
    segments,
    async ({ key: segment }) => await session.call('getSegment', { params: { ...params, segment } }),
  )
  const plans = await inParallel(features, async ({ key: feature, latestRun }) =>
    latestRun === null ? [] : [await readPlan(session, feature, latestRun.id)],
  )
  return { project, flags: byKey(flags), segments: byKey(whole), policy, plans: plans.flat() }
}

async function readPlan(session: Session, feature: string, run: string): Promise<LivePlan> {
  const params = { project: session.project(), run, step: String(PLAN_STEP) }
  const { output, revision } = await session.call('showStep', { params })
  return { feature, run, output, revision }
}

/** The documents of a project, without what is archived: the same project always gives the same text. */
export function documentsOf({ project, flags, segments, policy, plans }: Live): readonly ConfigDocument[] {
  return [
    ...project.environments.map(environmentDocument),
    ...[...segments.values()].map(segmentDocument),
    ...[...flags.values()].filter((it) => it.archivedAt === undefined).map(flagDocument),
    policyDocument(policy),
    ...plans.flatMap(planDocument),
  ]
}

function environmentDocument(it: Live['project']['environments'][number]): ConfigDocument {
  const { key, name, protected: isProtected } = it
  return {
    apiVersion: CONFIG_VERSION,
    kind: 'Environment',
    metadata: { name: key },
    spec: { name, protected: isProtected },
  }
}

/** A segment as a document. */
export function segmentDocument({
  key,
  name,
  description,
  environments,
}: Segment): ConfigDocument<'Segment'> {
  return {
    apiVersion: CONFIG_VERSION,
    kind: 'Segment',
    metadata: { name: key },
    spec: {
      name,
      ...(description === undefined ? {} : { description }),
      environments: Object.fromEntries(
        environments.map(({ environment, when, include, exclude }) => [
          environment,
          {
            ...(when === undefined ? {} : { when }),
            ...(include.length === 0 ? {} : { include }),
            ...(exclude.length === 0 ? {} : { exclude }),
          },
        ]),
      ),
    },
  }
}

/** A flag as a document. */
export function flagDocument(flag: Flag): ConfigDocument<'Flag'> {
  const { key, name, description, kind, valueType, variants, schema, offVariant, layers, owner } = flag
  const { lifetimeDays, permanentReason, links, environments } = flag
  return {
    apiVersion: CONFIG_VERSION,
    kind: 'Flag',
    metadata: { name: key },
    spec: {
      name,
      ...(description === undefined ? {} : { description }),
      kind,
      valueType,
      variants,
      ...(schema === undefined ? {} : { schema }),
      offVariant,
      layers,
      owner,
      ...(lifetimeDays === undefined ? {} : { lifetimeDays }),
      ...(permanentReason === undefined ? {} : { permanentReason }),
      ...(links.length === 0 ? {} : { links }),
      environments: Object.fromEntries(environments.map((it) => [it.environment, servedBy(it)])),
    },
  }
}

function servedBy({
  enabled,
  offVariant,
  prerequisites = [],
  rules,
  fallthrough,
}: Flag['environments'][number]): Served {
  return {
    enabled,
    offVariant,
    prerequisites,
    rules: rules.filter((it) => it.rollout === undefined),
    fallthrough,
  }
}

/** The plan of a feature; none where step 3 has not been written. */
function planDocument({ feature, output }: LivePlan): readonly ConfigDocument[] {
  const { plan } = output
  if (plan === undefined) return []
  return [
    configDocuments.RolloutPlan.parse({
      apiVersion: CONFIG_VERSION,
      kind: 'RolloutPlan',
      metadata: { name: feature },
      spec: plan,
    }),
  ]
}

function policyDocument(policy: Live['policy']): ConfigDocument {
  const { revision: _, changedBy: __, changedAt: ___, ...spec } = policy
  return {
    apiVersion: CONFIG_VERSION,
    kind: 'Procedure',
    metadata: { name: 'feature-flag-rollout' },
    spec,
  }
}

function byKey<T extends { readonly key: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((it) => [it.key, it]))
}
