/**
 * The checks that rest on what verification runs and drills have found with connected instances. A
 * result that is missing, or of something that has changed since, is unknown; only a person with the
 * step's role can override that, with a reason.
 */
import { canonical } from '../../audit/canonical.ts'
import { alertVerdict, rollbackVerdict, slowInstances } from '../../rollback/drill.ts'
import type { DrillVerdict } from '../../rollback/drill.ts'
import type {
  EnvironmentFound,
  Kept,
  LayerFound,
  Toggle,
  VerificationFound,
} from '../../verification/model.ts'
import type { CheckOutcome, JsonObject } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** The part of the facts that these checks look at. */
export type TriedFacts = Pick<
  FlagRolloutFacts,
  'outputs' | 'environments' | 'flag' | 'exercises' | 'connected'
>

/** What connected SDKs added to the engine's own verification (P-S2-4). */
export function verifiedBySdks({ exercises }: TriedFacts): {
  readonly findings: readonly string[]
  readonly facts: JsonObject
} {
  const kept = exercises?.verification
  if (kept === undefined || !kept.current) return { findings: [], facts: { verified: 'engine only' } }
  const { environments } = kept.found
  const answered = environments.filter((it) => it.sdk.answered.length > 0)
  const through = answered.map(
    (it) => `${it.environment}: engine and ${it.sdk.answered.length} connected SDKs`,
  )
  const verified = through.length === 0 ? 'engine only' : through
  return {
    findings: environments.flatMap((it) => it.sdk.findings.map((one) => `${it.environment}: ${one}`)),
    facts: { verified, verification: kept.id, evidence: kept.evidence },
  }
}

/** P-S2-5 and P-S2-10: every connected instance followed within the bound, in every environment. */
export function checkToggleSpeed(facts: TriedFacts): CheckOutcome {
  const kept = currentVerification(facts)
  if ('state' in kept) return kept
  const { environments } = kept.found
  // What is planned may be tighter than what the run waited for.
  const planned = facts.outputs.strategy.mitigation?.disableWithinMs
  const boundMs = Math.min(kept.found.boundMs, planned ?? kept.found.boundMs)
  const toggles = environments.flatMap((it) => it.toggles).map((it) => within(it, boundMs))
  const measured = environments.map(({ environment, toggles: own }) => ({
    environment,
    instances: own[0]?.instances.length ?? 0,
    slowestMs: Math.max(
      0,
      ...own.flatMap((it) => it.instances.map((one) => one.confirmedAfterMs ?? boundMs)),
    ),
  }))
  const seen = { boundMs, measured, ...sourceOf(kept) }
  const slow = slowInstances(toggles)
  if (slow.length > 0) {
    return outcome(
      slow.map((it) => `${it.environment}: ${it.instanceId} did not acknowledge within ${boundMs / 1000} s`),
      seen,
    )
  }
  const empty = measured.filter((it) => it.instances === 0).map((it) => it.environment)
  return empty.length === 0
    ? outcome([], seen)
    : { state: 'unknown', findings: [`no instance is connected in ${empty.join(', ')}`], facts: seen }
}

/** A toggle, with who took longer than the bound as one who did not follow. */
function within(toggle: Toggle, boundMs: number): Toggle {
  const instances = toggle.instances.map((it) =>
    (it.confirmedAfterMs ?? 0) > boundMs ? { ...it, confirmedAfterMs: null } : it,
  )
  return { ...toggle, instances }
}

/** P-S2-8: outside production each layer has served both branches, and all give off as default. */
export function checkLayers(facts: TriedFacts): CheckOutcome {
  const kept = currentVerification(facts)
  if ('state' in kept) return kept
  const { offValue, environments } = kept.found
  const open = environments.filter((it) => !it.protected)
  const layers = facts.outputs.strategy.layers ?? facts.flag?.layers ?? []
  const wrong = open.flatMap((it) => wrongDefaults(it, offValue))
  if (wrong.length > 0) return outcome(wrong, sourceOf(kept))
  const missing = layers.flatMap((layer) => {
    const tried = open.flatMap((it) => it.layers.filter((one) => one.layer === layer))
    const gaps = tried.map(gapsOf)
    return gaps.some((it) => it.length === 0) ? [] : [`${layer}: ${fewest(gaps).join(', ')}`]
  })
  return missing.length === 0
    ? outcome([], { layers: [...layers], ...sourceOf(kept) })
    : { state: 'unknown', findings: missing, facts: sourceOf(kept) }
}

/** What P-S2-9 asks of the verification run: every environment, and nothing switched on in a protected one. */
export function verifiedEverywhere(facts: TriedFacts): CheckOutcome {
  const kept = currentVerification(facts)
  if ('state' in kept) return kept
  const covered = kept.found.environments
  const missing = facts.environments.filter((it) => !covered.some((one) => one.environment === it.key))
  const switched = covered.filter((it) => it.protected && it.toggles.some((one) => one.what !== 'probe'))
  return outcome(
    [
      ...missing.map((it) => `the verification run has not covered ${it.key}`),
      ...switched.map((it) => `the flag was switched in ${it.environment}`),
    ],
    { covered: covered.map((it) => it.environment), ...sourceOf(kept) },
  )
}

/** P-S4-6. */
export function checkFireDrill({ exercises, connected }: TriedFacts): CheckOutcome {
  const kept = exercises?.alert
  const wanted = connected?.prometheus === true && connected.alertmanager
  if (wanted && kept !== undefined && kept.found.through !== 'prometheus')
    return unknown(`${kept.id} did not go through Prometheus and Alertmanager, which are connected`)
  return drilled(exercises?.alert, alertVerdict, 'fire drill: drill run <feature> alert')
}

/** P-S5-6. */
export function checkRollbackDrill({ exercises }: TriedFacts): CheckOutcome {
  return drilled(exercises?.rollback, rollbackVerdict, 'rollback drill: drill run <feature> rollback')
}

/** P-S4-12: status and usage from a connected instance; both branches, so that the impact can be compared. */
export function checkFlagMonitoring(facts: TriedFacts): CheckOutcome {
  const { exercises } = facts
  const { status = false, usage = false } = exercises?.monitoring ?? {}
  const kept = exercises?.verification
  const layers = kept?.found.environments.flatMap((it) => it.layers) ?? []
  const impact = layers.some((it) => it.servedOn && it.servedOff)
  const missing = [
    ...(status ? [] : ['status: no instance is connected in the environment of the plan']),
    ...(usage ? [] : ['usage: no instance has reported requests of the flag']),
    ...(impact ? [] : ['impact: no verification run has seen both branches served']),
  ]
  const found = { status, usage, impact }
  return missing.length === 0 ? outcome([], found) : { state: 'unknown', findings: missing, facts: found }
}

function currentVerification({ exercises }: TriedFacts): Kept<VerificationFound> | CheckOutcome {
  const kept = exercises?.verification
  if (kept === undefined) return unknown('there was no verification run yet: flag test <feature>')
  return kept.current ? kept : unknown(`the flag has changed since the verification run ${kept.id}`)
}

function drilled<Found>(
  kept: Kept<Found> | undefined,
  verdictOf: (found: Found) => DrillVerdict,
  what: string,
): CheckOutcome {
  if (kept === undefined) return unknown(`there was no ${what}`)
  if (kept.expired === true) return unknown(`${kept.id} has expired on ${kept.expiresAt}; ${what}`)
  if (!kept.current) return unknown(`what was drilled has changed since ${kept.id}; ${what}`)
  const { verdict, findings } = verdictOf(kept.found)
  const state = verdict === 'passed' ? 'pass' : verdict === 'failed' ? 'fail' : 'unknown'
  const { issuedAt, expiresAt } = kept
  const life = issuedAt === undefined || expiresAt === undefined ? {} : { issuedAt, expiresAt }
  return { state, findings: [...findings], facts: { drill: kept.id, evidence: kept.evidence, ...life } }
}

function sourceOf(kept: Kept<unknown>): JsonObject {
  return { verification: kept.id, evidence: kept.evidence }
}

function wrongDefaults(
  { environment, layers }: EnvironmentFound,
  off: VerificationFound['offValue'],
): string[] {
  return layers.flatMap(({ layer, codeDefaults }) =>
    codeDefaults
      .filter((it) => canonical(it) !== canonical(off ?? null))
      .map((it) => `${environment}: the code of the ${layer} defaults to ${JSON.stringify(it)}, not to off`),
  )
}

function gapsOf({ instances, servedOn, servedOff, codeDefaults }: LayerFound): readonly string[] {
  if (instances.length === 0) return ['no instance is connected outside production']
  return [
    ...(servedOn ? [] : ['no request was served the on-branch']),
    ...(servedOff ? [] : ['no request was served the off-branch']),
    ...(codeDefaults.length > 0 ? [] : ['no instance has told the default of its code']),
  ]
}

function fewest(gaps: readonly (readonly string[])[]): readonly string[] {
  const [first = ['no environment outside production'], ...others] = gaps
  return others.reduce((best, it) => (rank(it) < rank(best) ? it : best), first)
}

/** No instance at all says less than an instance that lacks everything. */
function rank(gaps: readonly string[]): number {
  return gaps.includes('no instance is connected outside production') ? 10 : gaps.length
}
