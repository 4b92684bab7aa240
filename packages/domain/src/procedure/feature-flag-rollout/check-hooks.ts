/**
 * The checks of step 5 that look beyond its own words: whether the hooks have been shown to work, and
 * whether the procedure that takes over exists and does what the steps say.
 */
import { ROLLBACK_CHECKS, ROLLBACK_VERSIONS } from '../rollback.ts'
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts, HookFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { HookName, RollbackOutput } from './outputs.ts'

/** P-S5-9: really run on staging and verified; where a hook has no staging, a dry run and the reason. */
export function checkProven({ outputs, rollback }: FlagRolloutFacts): CheckOutcome {
  const names = hooksOf(outputs.rollback)
  if (names.length === 0) {
    return unknown('no hook is named; where everything is done by hand, say so and set this check aside')
  }
  const hooks = rollback?.hooks ?? []
  const shown = names.map((name) => {
    const found = hooks.find((it) => it.key === name.key && it.version === name.version)
    return { name, found, missing: found === undefined ? 'there is no such hook' : missingOf(found) }
  })
  const facts = {
    hooks: shown.map(({ name, found }) => ({
      hook: `${name.key}@${name.version}`,
      staging: found === undefined ? '' : found.staging === true ? 'run' : `dry: ${found.staging.none}`,
      shownBy: found?.ranOnStaging ?? found?.rehearsed ?? '',
    })),
  }
  const open = shown.flatMap(({ name, missing }) =>
    missing === undefined ? [] : [`${name.key} in version ${name.version}: ${missing}`],
  )
  return open.length === 0 ? outcome([], facts) : { state: 'unknown', findings: open, facts }
}

/** P-S5-10: the newest version of a procedure that is known here, with a step for each way back. */
export function checkHandover({ outputs }: FlagRolloutFacts): CheckOutcome {
  const { handover } = outputs.rollback
  const named = handover?.definition
  if (named === undefined) {
    return unknown('the Rollback Procedure is not named by its definition and version')
  }
  const versions = ROLLBACK_VERSIONS.filter((it) => it.id === named.id)
  const found = versions.find((it) => it.version === named.version)
  if (found === undefined) {
    return outcome([`there is no procedure ${named.id} in version ${named.version}`])
  }
  const newest = Math.max(...versions.map((it) => it.version))
  const places = ['disable', 'code', 'data', 'health', 'report'].map((id) => ({
    id,
    at: found.steps.findIndex((it) => it.id === id),
  }))
  const absent = places.filter((it) => it.at < 0).map((it) => `it has no step ${it.id}`)
  const disordered = places.some((it, index) => index > 0 && it.at < (places[index - 1]?.at ?? 0))
  const checks = new Set(found.steps.flatMap((it) => it.checks.map((one) => one.id)))
  const blind = wantedChecks(outputs.rollback)
    .filter((it) => !checks.has(it))
    .map((it) => `it does not look at ${it}, which these steps rest on`)
  return outcome(
    [
      ...(named.version === newest ? [] : [`version ${named.version} is not its newest, ${newest}`]),
      ...absent,
      ...(disordered && absent.length === 0
        ? ['it puts data back before code, or either before the flag is off']
        : []),
      ...blind,
    ],
    {
      procedure: `${found.id}@${found.version}`,
      source: found.source.sha256,
      steps: found.steps.map((it) => it.id),
    },
  )
}

/** The hooks that step 5 names. */
export function hooksOf(output: Partial<RollbackOutput>): readonly HookName[] {
  const { codeRollback: code, dataRollback: data, infrastructureRollback: infrastructure } = output
  return [code, data, infrastructure].flatMap((it) =>
    it !== undefined && 'hook' in it && it.hook !== undefined ? [it.hook] : [],
  )
}

function missingOf({ staging, ranOnStaging, rehearsed }: HookFacts): string | undefined {
  if (staging === true) {
    return ranOnStaging === undefined ? 'it was not run on staging yet' : undefined
  }
  return rehearsed === undefined ? 'it has no staging, and was not tried with a dry run yet' : undefined
}

/** What the procedure must look at for these steps: the flag always, a part where a hook puts it back. */
function wantedChecks(output: Partial<RollbackOutput>): readonly string[] {
  const { codeRollback: code, dataRollback: data } = output
  return [
    ROLLBACK_CHECKS.confirmed,
    ...(code?.hook === undefined ? [] : [ROLLBACK_CHECKS.code]),
    ...(data !== undefined && 'hook' in data && data.hook !== undefined ? [ROLLBACK_CHECKS.data] : []),
  ]
}
