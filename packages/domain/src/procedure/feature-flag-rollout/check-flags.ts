/**
 * The checks of step 2: the flag as every environment would serve it. Nothing is switched on: an
 * enabled draft of it goes through the same engine that every SDK runs.
 */
import { compile } from '@flagmarshal/evaluation'

import type { Pieces } from '../../pieces.ts'
import type { CheckOutcome } from '../run.ts'
import { verifiedBySdks, verifiedEverywhere } from './check-verification.ts'
import type { EnvironmentFacts, FlagFacts, FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import { verifyFlag } from './verification.ts'
import type { Verification } from './verification.ts'

/** P-S2-1: off in production, that is, in every protected environment; in all where none is protected. */
export function checkOffInProduction(facts: FlagRolloutFacts): CheckOutcome {
  const { flag } = facts
  if (flag === undefined) return outcome(['the flag does not exist'])
  const guarded = productionOf(facts.environments)
  const on = flag.configurations.filter((it) => guarded.includes(it.environment) && it.flag.enabled)
  const absent = guarded.filter((key) => !flag.configurations.some((it) => it.environment === key))
  return outcome(
    [
      ...on.map((it) => `the flag is on in ${it.environment}`),
      ...absent.map((it) => `the flag is not configured in ${it}`),
      ...namedOtherwise(facts, flag),
    ],
    { environments: guarded },
  )
}

/** P-S2-3: the engine accepts the flag in each environment, and the flag covers the strategy's layers. */
export function checkSound({ flag, environments, outputs, engines }: FlagRolloutFacts): CheckOutcome {
  if (flag === undefined) return unknown('the flag does not exist')
  const problems = flag.configurations.flatMap(({ environment, flag: served }) => {
    const segments = environments.find((it) => it.key === environment)?.segments ?? []
    const compiled = compile({ flags: [{ ...served, enabled: true }], segments }, engines)
    return compiled.problems.map((it) => `${environment}: ${it.message}`)
  })
  const layers = outputs.strategy.layers ?? []
  const written = outputs.flags.implementation?.map((it) => it.layer) ?? []
  const { type } = outputs.strategy
  return outcome(
    [
      ...problems,
      ...layers
        .filter((it) => !flag.layers.includes(it))
        .map((it) => `the flag does not name the layer ${it} of the strategy`),
      ...layers
        .filter((it) => !written.includes(it))
        .map((it) => `nothing says where the ${it} asks the flag`),
      ...(type === undefined || type === flag.kind
        ? []
        : [`the flag is of type ${flag.kind}; the strategy says ${type}`]),
    ],
    { environments: flag.configurations.map((it) => it.environment) },
  )
}

/** P-S2-4: enable and disable, distribution, stickiness and targeting in every environment. */
export function* checkVerified(facts: FlagRolloutFacts): Pieces<CheckOutcome> {
  const { flag, environments, outputs } = facts
  if (flag === undefined) return unknown('the flag does not exist')
  const runs: (Verification & { readonly environment: string })[] = []
  for (const { environment, flag: served } of flag.configurations) {
    const verification = yield* verifyFlag(served, {
      segments: environments.find((it) => it.key === environment)?.segments ?? [],
      cases: (outputs.flags.targetingCases ?? []).filter((it) => it.environment === environment),
      engines: facts.engines,
    })
    runs.push({ environment, ...verification })
  }
  const strangers = (outputs.flags.targetingCases ?? []).filter(
    (it) => !environments.some((one) => one.key === it.environment),
  )
  const sdks = verifiedBySdks(facts)
  return outcome(
    [
      ...runs.flatMap((run) => run.findings.map((it) => `${run.environment}: ${it}`)),
      ...sdks.findings,
      ...strangers.map(
        (it) => `a targeting case names the environment ${it.environment}, which does not exist`,
      ),
    ],
    { ...sdks.facts, runs: runs.map(({ environment, figures }) => ({ environment, ...figures })) },
  )
}

/** P-S2-9: every environment of the project, at least one of them not production, all of them tried. */
export function checkEnvironments(facts: FlagRolloutFacts): CheckOutcome {
  const { flag, environments } = facts
  if (flag === undefined) return unknown('the flag does not exist')
  const covered = flag.configurations.map((it) => it.environment)
  const missing = environments.filter((it) => !covered.includes(it.key))
  const gaps = [
    ...missing.map((it) => `${it.key} is not covered`),
    ...(environments.some((it) => !it.protected)
      ? []
      : ['the project has no environment that is not production']),
  ]
  return gaps.length > 0 ? outcome(gaps, { environments: covered }) : verifiedEverywhere(facts)
}

/** P-V3: flag, environments and a way to connect are there; what was set up in monitoring systems still stands. */
export function checkFlagSystem(facts: FlagRolloutFacts): CheckOutcome {
  const sighting = facts.exercises?.monitoring.sighting
  const wrong = [
    ...(facts.flag === undefined ? ['the flag does not exist'] : []),
    ...(facts.environments.length === 0 ? ['the project has no environment'] : []),
    ...(facts.serverKeys === 0 ? ['the project has no server key'] : []),
    ...(sighting?.faults ?? []),
  ]
  const seen = sighting === undefined ? {} : { monitoringSeenAt: sighting.at }
  if (wrong.length > 0 || sighting === undefined || sighting.unknown.length === 0) return outcome(wrong, seen)
  return { state: 'unknown', findings: [...sighting.unknown], facts: seen }
}

/** The environments that count as production: the protected ones, or all where none is. */
export function productionOf(environments: readonly EnvironmentFacts[]): readonly string[] {
  const guarded = environments.filter((it) => it.protected)
  return (guarded.length > 0 ? guarded : environments).map((it) => it.key)
}

function namedOtherwise({ outputs }: FlagRolloutFacts, flag: FlagFacts): readonly string[] {
  const named = outputs.flags.flag
  return named === undefined || named === flag.key
    ? []
    : [`the output names the flag ${named}; the feature is behind ${flag.key}`]
}
