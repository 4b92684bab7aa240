/**
 * Carries changes out, each object with the revision that the plan has seen: what somebody else has
 * changed meanwhile is refused, not overwritten.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { ConfigDocument } from '@flagmarshal/api/config-document'

import { Failure } from '../failure.ts'
import type { Session } from '../session.ts'
import { PLAN_STEP } from './live.ts'
import type { Live } from './live.ts'
import { inParallel } from './parallel.ts'
import type { Change } from './plan.ts'

type Flag = ConfigDocument<'Flag'>
type Segment = ConfigDocument<'Segment'>
type Config = Call<Operations['configureFlag']>['body']

/** What a change is carried out with. */
interface Applying {
  readonly session: Session
  readonly live: Live
  /** Why drafts are saved where exposure is raised, and of segments in protected environments; without it such changes are sent as they are. */
  readonly draftBecause?: string
}

/** What was done for a change. */
export interface Applied {
  readonly name: string
  readonly action: Change['action']
  /** The drafts that were saved instead of a change. */
  readonly drafts: readonly string[]
}

/** Applies changes in their order: within a kind several at once, since they do not need each other. */
export async function applyChanges(
  changes: readonly Change[],
  applying: Applying,
  done: (count: number) => void,
): Promise<readonly Applied[]> {
  const effective = changes.filter((it) => it.action !== 'none')
  const applied = new Map<string, Applied>()
  const placed = async <T>(change: Change, work: Promise<T>): Promise<T> =>
    await work.catch((error: unknown) => {
      throw interrupted(error, change, applied.size)
    })
  // Prerequisites may name any other flag, so all flags are there before any is configured.
  await inParallel(effective.filter(isNewFlag), (it) => placed(it, createFlag(it.document, applying)))
  for (const kind of new Set(effective.map((it) => it.document.kind)))
    await inParallel(
      effective.filter((it) => it.document.kind === kind),
      async (it) => {
        const drafts = await placed(it, applyOne(it, applying))
        applied.set(it.name, { name: it.name, action: it.action, drafts })
        done(applied.size)
      },
    )
  return effective.flatMap((it) => applied.get(it.name) ?? [])
}

type FlagChange = Change & { readonly document: Flag }

function isNewFlag(it: Change): it is FlagChange {
  return it.document.kind === 'Flag' && it.action === 'create'
}

async function applyOne(change: Change, applying: Applying): Promise<readonly string[]> {
  const { document } = change
  switch (document.kind) {
    case 'Flag':
      if (change.action === 'update') await changeDefinition(change, document, applying)
      return await configureFlag(change, document, applying)
    case 'Segment':
      return await applySegment(change, document, applying)
    case 'Procedure':
      await applying.session.call('writePolicy', {
        params: { project: applying.session.project() },
        body: document.spec,
        ifMatch: applying.live.policy.revision,
      })
      return []
    case 'RolloutPlan':
      await writePlan(document, applying)
      return []
    case 'Environment':
      await applying.session.call('addEnvironment', {
        params: { project: applying.session.project() },
        body: { key: document.metadata.name, ...document.spec },
      })
      return []
    case 'Criteria':
      // They are parts of the plans that name them.
      return []
  }
}

async function createFlag({ metadata, spec }: Flag, { session }: Applying): Promise<void> {
  const { environments: _, name, ...rest } = spec
  const body = { key: metadata.name, name: name ?? metadata.name, ...rest }
  await session.call('createFlag', { params: { project: session.project() }, body })
}

async function changeDefinition(
  { differences }: Change,
  { metadata, spec }: Flag,
  { session, live }: Applying,
): Promise<void> {
  if (differences.every(({ at }) => at.startsWith('/environments/'))) return
  const { environments: _, kind: __, valueType: ___, offVariant: ____, schema, description, ...rest } = spec
  const { name = metadata.name, links = [] } = spec
  const flag = live.flags.get(metadata.name)
  await session.call('changeFlag', {
    params: { project: session.project(), flag: metadata.name },
    // What a document leaves out is taken away, not kept.
    body: { ...rest, name, links, schema: schema ?? null, description: description ?? null },
    ...(flag === undefined ? {} : { ifMatch: flag.revision }),
  } as Call<Operations['changeFlag']>)
}

async function configureFlag(
  { differences, action, raises }: Change,
  { metadata, spec }: Flag,
  { session, live, draftBecause }: Applying,
): Promise<readonly string[]> {
  const flag = metadata.name
  const project = session.project()
  const drafts: string[] = []
  for (const [environment, served] of Object.entries(spec.environments)) {
    if (action === 'update' && !touches(differences, environment)) continue
    const config = served as Config
    if (raises.includes(environment) && draftBecause !== undefined) {
      const body = { kind: 'flag', flag, environment, why: draftBecause, config } as const
      drafts.push((await session.call('createDraft', { params: { project }, body })).id)
    } else if (action === 'update' || !isPlain(served, spec)) {
      const known = live.flags.get(flag)?.environments.find((it) => it.environment === environment)
      const params = { project, flag, environment }
      await session.call('configureFlag', { params, body: config, ifMatch: known?.revision ?? 1 })
    }
  }
  return drafts
}

/** Whether anything differs in an environment, or the whole of it. */
function touches(differences: Change['differences'], environment: string): boolean {
  return differences.some(({ at }) => `${at}/`.startsWith(`/environments/${environment}/`))
}

/** Whether a configuration is the one that every flag begins with. */
function isPlain(served: Flag['spec']['environments'][string], { offVariant }: Flag['spec']): boolean {
  const { enabled, rules, prerequisites, fallthrough } = served
  const falls = fallthrough !== undefined && 'variant' in fallthrough && fallthrough.variant === offVariant
  return (
    !enabled && rules.length === 0 && prerequisites.length === 0 && falls && served.offVariant === offVariant
  )
}

async function applySegment(
  { action, differences }: Change,
  { metadata, spec }: Segment,
  { session, live, draftBecause }: Applying,
): Promise<readonly string[]> {
  const project = session.project()
  const { name = metadata.name, description, environments } = spec
  const known =
    action === 'create'
      ? await session.call('createSegment', {
          params: { project },
          body: { key: metadata.name, name, ...(description === undefined ? {} : { description }) },
        })
      : live.segments.get(metadata.name)
  const drafts: string[] = []
  for (const [environment, content] of Object.entries(environments)) {
    if (action === 'update' && !touches(differences, environment)) continue
    const isProtected = live.project.environments.some((it) => it.key === environment && it.protected)
    if (isProtected && draftBecause !== undefined && action === 'update') {
      const body = {
        kind: 'segment',
        segment: metadata.name,
        environment,
        why: draftBecause,
        content,
      } as const
      drafts.push((await session.call('createDraft', { params: { project }, body })).id)
    } else {
      const revision = known?.environments.find((it) => it.environment === environment)?.revision ?? 1
      const params = { project, segment: metadata.name, environment }
      await session.call('changeSegment', { params, body: content, ifMatch: revision })
    }
  }
  return drafts
}

async function writePlan(
  { metadata, spec }: ConfigDocument<'RolloutPlan'>,
  { session, live }: Applying,
): Promise<void> {
  const known = live.plans.find((it) => it.feature === metadata.name)
  if (known === undefined) throw new Error(`the plan of ${metadata.name} was compared without its run`)
  await session.call('writeStep', {
    params: { project: session.project(), run: known.run, step: String(PLAN_STEP) },
    body: { output: { ...known.output, plan: spec } },
    ifMatch: known.revision,
  })
}

/** A failure in the middle says how far it came, and that going on is safe. */
function interrupted(error: unknown, { name, place }: Change, count: number): unknown {
  if (!(error instanceof Failure)) return error
  const { exitCode, problem, remedy } = error
  return new Failure(`${place}: ${name}: ${error.message}`, {
    exitCode,
    remedy: `${count} objects were applied before. ${remedy ?? 'Correct it.'} Then apply again: what is done is not done twice.`,
    ...(problem === undefined ? {} : { problem }),
  })
}
