/**
 * The checks of step 5 that look beyond its own words: whether the hooks have been shown to work, and
 * whether the procedure that takes over exists and does what the steps say.
 */
import { ROLLBACK_CHECKS, ROLLBACK_VERSIONS } from '../rollback.ts'
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts, HookFacts, RollbackSurroundings } from './facts.ts'
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

/** Steps that the procedure must have, in this order. */
const HANDED_STEPS = ['disable', 'code', 'data', 'health', 'report'] as const

/**
 * P-S5-10: the newest version of a procedure that is known here, or another system's by its uploaded
 * definition; with a step for each way back, in order, that looks at what it does.
 */
export function checkHandover({
  outputs,
  rollback,
}: Pick<FlagRolloutFacts, 'outputs' | 'rollback'>): CheckOutcome {
  const named = outputs.rollback.handover?.definition
  const foreign = rollback?.handover
  const ours = ROLLBACK_VERSIONS.filter((it) => it.id === named?.id)
  if (foreign !== undefined && ours.length === 0) return checkForeign(outputs.rollback, named, foreign)
  if (named === undefined) {
    return unknown(
      'the Rollback Procedure is not named by its definition and version; of another system its definition is uploaded',
    )
  }
  const found = ours.find((it) => it.version === named.version)
  if (found === undefined) {
    return outcome([`there is no procedure ${named.id} in version ${named.version}`])
  }
  const newest = Math.max(...ours.map((it) => it.version))
  const checks = new Set(found.steps.flatMap((it) => it.checks.map((one) => one.id)))
  const blind = wantedChecks(outputs.rollback)
    .filter((it) => !checks.has(it))
    .map((it) => `it does not look at ${it}, which these steps rest on`)
  return outcome(
    [
      ...(named.version === newest ? [] : [`version ${named.version} is not its newest, ${newest}`]),
      ...stepFindings(found.steps),
      ...blind,
    ],
    {
      procedure: `${found.id}@${found.version}`,
      source: found.source.sha256,
      steps: found.steps.map((it) => it.id),
    },
  )
}

/** Another system names its checks as it likes: each step that puts something back must have one. */
function checkForeign(
  output: Partial<RollbackOutput>,
  named: { readonly id: string; readonly version: number } | undefined,
  foreign: NonNullable<RollbackSurroundings['handover']>,
): CheckOutcome {
  if ('unreadable' in foreign)
    return outcome([`the uploaded procedure cannot be read: ${foreign.unreadable}`])
  const { id, version, steps } = foreign
  const other =
    named !== undefined && (named.id !== id || named.version !== version)
      ? [`the upload is ${id} in version ${version}; named is ${named.id} in version ${named.version}`]
      : []
  const { codeRollback: code, dataRollback: data } = output
  const wanted = [
    'disable',
    ...(code === undefined ? [] : ['code']),
    ...(data !== undefined && 'steps' in data ? ['data'] : []),
  ]
  const blind = steps
    .filter((it) => wanted.includes(it.id) && it.checks.length === 0)
    .map((it) => `its step ${it.id} looks at nothing`)
  return outcome([...other, ...stepFindings(steps), ...blind], {
    procedure: `${id}@${version}`,
    steps: steps.map((it) => it.id),
  })
}

function stepFindings(steps: readonly { readonly id: string }[]): readonly string[] {
  const places = HANDED_STEPS.map((id) => ({ id, at: steps.findIndex((it) => it.id === id) }))
  const absent = places.filter((it) => it.at < 0).map((it) => `it has no step ${it.id}`)
  if (absent.length > 0) return absent
  const disordered = places.some((it, index) => index > 0 && it.at < (places[index - 1]?.at ?? 0))
  return disordered ? ['it puts data back before code, or either before the flag is off'] : []
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
