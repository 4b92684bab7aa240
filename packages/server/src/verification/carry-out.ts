import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'
import type { EnvironmentFacts, FlagFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { TargetingCase } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
/**
 * A verification run from its beginning to its evidence: every environment of the project at once.
 *
 * A protected environment sees one revision that changes nothing served, and nothing else. In the
 * others the flag is really switched on for everybody and off again, and put back as it was.
 */
import { verifyFlag } from '@flagmarshal/domain/procedure/feature-flag-rollout/verification'
import type { EnvironmentFound, LayerFound, VerificationFound } from '@flagmarshal/domain/verification/model'
import { treatmentOf } from '@flagmarshal/domain/verification/request'
import type { Flag, FlagValue } from '@flagmarshal/evaluation'

import { inPieces } from '../in-turns.ts'
import { engines } from '../json-logic.ts'
import { selectInstanceUsage } from '../storage/instance-usage.ts'
import { selectInstances } from '../storage/instances.ts'
import type { InstanceRow } from '../storage/instances.ts'
import { askInstances } from './ask.ts'
import { endWithEvidence } from './end.ts'
import type { Exercise } from './exercises.ts'
import { probe, timed, toggle } from './toggle.ts'
import type { Begun } from './toggle.ts'

const MOST_INSTANCES = 5_000

/** What a verification run tries, loaded when it was accepted. */
export interface Subject {
  readonly flag: FlagFacts
  readonly environments: readonly EnvironmentFacts[]
  readonly cases: readonly TargetingCase[]
  readonly layers: readonly string[]
  readonly boundMs: number
  readonly trafficMs: number
}

/** Carries it out and keeps what it found. */
export async function verifyEverywhere(exercise: Exercise, subject: Subject): Promise<void> {
  const { flag, environments, boundMs } = subject
  const served = flag.configurations.flatMap((it) => {
    const facts = environments.find((one) => one.key === it.environment)
    return facts === undefined ? [] : [{ facts, flag: it.flag }]
  })
  const found: VerificationFound = {
    boundMs,
    offValue: offValueOf(served[0]?.flag),
    environments: await Promise.all(
      served.map((it) => verifyEnvironment(exercise, subject, it.facts, it.flag)),
    ),
  }
  await endWithEvidence(exercise, { step: 2, found })
}

async function verifyEnvironment(
  exercise: Exercise,
  subject: Subject,
  { key: environment, protected: guarded, segments }: EnvironmentFacts,
  flag: Flag,
): Promise<EnvironmentFound> {
  const cases = subject.cases.filter((it) => it.environment === environment)
  const engine = await inPieces(verifyFlag(flag, { segments, cases, engines }))
  await exercise.note(`${environment}: the engine found ${engine.findings.length} faults`)

  const key = { project: exercise.row.project, environment, flag: flag.key }
  const toggles = [await timed(exercise, await probe(exercise, key), subject.boundMs)]
  const connected = await connectedInstances(exercise, environment, toggles[0]?.instances ?? [])
  const layers = subject.layers.map((layer) => ({
    layer,
    instances: connected
      .filter((it) => it.description?.layers.includes(layer) === true)
      .map((it) => it.instance),
  }))
  const branches =
    guarded || connected.length === 0
      ? undefined
      : await bothBranches(exercise, subject, { ...key, layers, flag })
  // Last, so that requests have told every SDK by now which default the code gives.
  const askable = connected.filter(
    (it) => it.description?.allowsVerification === true && it.mode === 'stream',
  )
  const { sdk, codeDefaults } = await askInstances(
    exercise,
    environment,
    askable.map((it) => it.instance),
    { flag, segments, contexts: cases.map((it) => it.context) },
  )
  await exercise.note(
    `${environment}: ${connected.length} instances connected, ${sdk.answered.length} answered the drafts`,
  )
  return {
    environment,
    protected: guarded,
    engine,
    sdk,
    toggles: [...toggles, ...(branches?.toggles ?? [])],
    layers: layers.map(({ layer, instances }): LayerFound => ({
      layer,
      instances,
      servedOn: instances.some((it) => branches?.on.has(it) === true),
      servedOff: instances.some((it) => branches?.off.has(it) === true),
      codeDefaults: distinct(instances.map((it) => codeDefaults.get(it))),
    })),
  }
}

/** Values as JSON, each once. */
function distinct(values: readonly (FlagValue | undefined)[]): Json[] {
  const texts = new Set(values.flatMap((it) => (it === undefined ? [] : [canonical(it)])))
  return [...texts].map((text): Json => JSON.parse(text))
}

interface Branches {
  readonly toggles: EnvironmentFound['toggles']
  /** Instances that have served each branch. */
  readonly on: ReadonlySet<string>
  readonly off: ReadonlySet<string>
}

/** On for everybody, off again, each awaited until every layer has served it or the time is over. */
async function bothBranches(
  exercise: Exercise,
  { boundMs, trafficMs }: Subject,
  place: {
    readonly project: string
    readonly environment: string
    readonly flag: Flag
    readonly layers: readonly { readonly instances: readonly string[] }[]
  },
): Promise<Branches | undefined> {
  const key = { project: place.project, environment: place.environment, flag: place.flag.key }
  const enabled = await toggle(exercise, key, 'enable')
  if (enabled === undefined) {
    await exercise.note(`${place.environment}: not switched on, a rollout owns a rule there`)
    return undefined
  }
  const enabling = await timed(exercise, enabled, boundMs)
  const on = await awaitServed(exercise, place, {
    since: enabled,
    variant: treatmentOf(place.flag),
    trafficMs,
  })
  await exercise.note(`${place.environment}: on, ${on.size} instances have served it`)
  const disabled = await toggle(exercise, key, 'disable')
  if (disabled === undefined) return undefined
  const disabling = await timed(exercise, disabled, boundMs)
  const variant = place.flag.offVariant
  const off = await awaitServed(exercise, place, { since: disabled, variant, trafficMs })
  await exercise.note(`${place.environment}: off again, ${off.size} instances have served that`)
  return { toggles: [enabling, disabling], on, off }
}

/** Instances that served a variant since a change: as soon as each layer has one, or when the time is over. */
export async function awaitServed(
  exercise: Exercise,
  place: {
    readonly project: string
    readonly environment: string
    readonly flag: { readonly key: string }
    readonly layers: readonly { readonly instances: readonly string[] }[]
  },
  what: { readonly since: Begun; readonly variant: string | undefined; readonly trafficMs: number },
): Promise<ReadonlySet<string>> {
  const key = { project: place.project, environment: place.environment, flag: place.flag.key }
  const layers = place.layers.filter((it) => it.instances.length > 0)
  let served: ReadonlySet<string> = new Set()
  await exercise.until(async () => {
    const usage = await selectInstanceUsage(exercise.database.kysely, key, what.since.verification.at)
    served = new Set(usage.filter((it) => it.variant === what.variant).map((it) => it.instance))
    return layers.every(({ instances }) => instances.some((it) => served.has(it))) || undefined
  }, what.trafficMs)
  return served
}

async function connectedInstances(
  { database, row }: Exercise,
  environment: string,
  counted: readonly { readonly instanceId: string }[],
): Promise<readonly InstanceRow[]> {
  const rows = await selectInstances(database.kysely, { project: row.project, environment }, MOST_INSTANCES)
  const ids = new Set(counted.map((it) => it.instanceId))
  return rows.filter((it) => ids.has(it.instance))
}

function offValueOf(flag: Flag | undefined): VerificationFound['offValue'] {
  return flag?.variants[flag.offVariant] ?? null
}
