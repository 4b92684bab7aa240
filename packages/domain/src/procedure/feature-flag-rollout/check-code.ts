/**
 * The checks of step 2 on the code around the flag: where it is asked, and whether what existed before
 * still works.
 */
import { referenceFindings } from '../../reference/code-references.ts'
import { testFindings } from '../../reference/judge.ts'
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** P-S2-2: each layer of the inputs and the strategy refers to the flag, none to one that does not exist. */
export function checkCodeReferences({ inputs, outputs, flag, code }: FlagRolloutFacts): CheckOutcome {
  if (flag === undefined) return unknown('the flag does not exist')
  const layers = [...new Set([...(inputs.codeLayers ?? []), ...(outputs.strategy.layers ?? [])])]
  const own = code.all.filter((it) => it.flag === flag.key)
  if (own.length === 0) {
    return unknown(`no references of ${flag.key} were uploaded (PUT …/flags/${flag.key}/references)`)
  }
  return outcome(referenceFindings(flag.key, layers, code), {
    layers,
    repositories: own.map(({ repository, commit, refs }) => ({
      repository,
      commit,
      references: refs.length,
    })),
  })
}

/** P-S2-6: tests of what existed before, with the flag off and with the flag on, both green. */
export function checkExistingTests({ outputs, tests }: FlagRolloutFacts): CheckOutcome {
  const named = outputs.flags.existingTests
  if (named === undefined) return unknown('no test results with the flag off and on were named')
  const results = (['off', 'on'] as const).map((state) => ({ state, results: tests[named[state]] }))
  return outcome(
    [
      ...(named.off === named.on ? ['off and on are the same file: each state needs a run of its own'] : []),
      ...results.flatMap(({ state, results: it }) =>
        it === undefined
          ? [`${state}: ${named[state].slice(0, 12)} is no upload with test results`]
          : testFindings(it).map((finding) => `${state}: ${finding}`),
      ),
    ],
    Object.fromEntries(
      results.flatMap(({ state, results: it }) =>
        it === undefined || 'unreadable' in it
          ? []
          : [[state, { upload: named[state], total: it.total, passed: it.passed, failed: it.failed }]],
      ),
    ),
  )
}
