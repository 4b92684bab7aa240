/**
 * The documents: complete for complete facts, the same for the same facts, and never silent about
 * something that is missing.
 */
import { describe, expect, it } from 'vitest'

import { DOCUMENT_FACTS } from '../../../../tests/support/document-facts.ts'
import type { JsonObject } from '../procedure/run.ts'
import { documentsOf, findingsOf } from './documents.ts'
import type { DocumentFacts } from './facts.ts'
import { isObject } from './facts.ts'

const NAMES = [
  'strategy',
  'flag-configuration',
  'rollout-plan',
  'flag-reference',
  'toggle-procedure',
  'troubleshooting',
  'alert-errors',
  'runbook-insert',
  'rollback-procedures',
  'monitoring-record',
  'work-plan',
]

/** Fields whose absence means that there is none, which the documents say in words. */
const MAY_BE_ABSENT = new Set([
  'strategy.review.dependencies',
  'strategy.bucketBy',
  'strategy.bucketBy.backend',
  'strategy.rollout.targetPercents',
  'strategy.targeting.segments',
  'strategy.mitigation.monitoring',
  'plan.timeline',
  'plan.timeline.expectedCompletion',
  'plan.plan.reviews',
  'plan.plan.reviews.everyMs',
  'plan.plan.reviews.graceMs',
  'plan.plan.reviews.checkpoints',
  'plan.plan.reviews.role',
  'plan.plan.reviews.people',
  'plan.plan.lowTraffic',
  'plan.plan.lowTraffic.policy',
])

/** Fields that no document shows, because another one says the same. */
const NOT_SHOWN = new Set(['flags.flag', 'flags.configuration'])

describe('documents', () => {
  it('are all there, and lack nothing where no fact is missing', () => {
    const documents = documentsOf(DOCUMENT_FACTS)
    expect(documents.map((it) => it.name)).toEqual(NAMES)
    expect(findingsOf(documents)).toEqual({})
  })

  it('are the same for the same facts, whatever the order of their members', () => {
    const turned: DocumentFacts = JSON.parse(
      JSON.stringify(reversed(JSON.parse(JSON.stringify(DOCUMENT_FACTS)))),
    )
    expect(documentsOf(DOCUMENT_FACTS).map((it) => it.sections)).toEqual(
      documentsOf({ ...turned, people: DOCUMENT_FACTS.people, flag: DOCUMENT_FACTS.flag }).map(
        (it) => it.sections,
      ),
    )
  })

  it('P-S6-6 say of every field of every output that it is missing', () => {
    const silent = pathsOf(DOCUMENT_FACTS.outputs).filter((path) => {
      if (MAY_BE_ABSENT.has(path) || NOT_SHOWN.has(path)) return false
      const facts = { ...DOCUMENT_FACTS, outputs: without(DOCUMENT_FACTS.outputs, path.split('.')) }
      return Object.keys(findingsOf(documentsOf(facts))).length === 0
    })
    expect(silent).toEqual([])
  })

  it('P-S6-6 name the section and the field that is empty', () => {
    const outputs = without(DOCUMENT_FACTS.outputs, ['rollback', 'codeRollback', 'verify'])
    expect(findingsOf(documentsOf({ ...DOCUMENT_FACTS, outputs }))).toEqual({
      'rollback-procedures': ['rollback-procedures, Code rollback: Verified by is empty'],
    })
  })

  it('P-S6-7 give the flag configuration its own outline', () => {
    const flag = documentsOf(DOCUMENT_FACTS).find((it) => it.name === 'flag-configuration')
    expect(flag?.sections.map((it) => it.title)).toEqual([
      'Definitions',
      'Values and states',
      'Targeting rules and percentages',
      'Where the code asks it',
      'System configuration',
    ])
    const words = JSON.stringify(flag)
    expect(words).toContain('in the segment staff')
    expect(words).toContain('on 30 % (by targetingKey)')
  })

  it('P-PL6 have the work plan as a document of its own, incomplete until somebody has reviewed it', () => {
    const plan = documentsOf(DOCUMENT_FACTS).find((it) => it.name === 'work-plan')
    expect(plan?.title).toBe('Work plan: New checkout')
    const workPlan = { ...DOCUMENT_FACTS.workPlan, reviewer: '', reviewedOn: '' }
    expect(Object.keys(findingsOf(documentsOf({ ...DOCUMENT_FACTS, workPlan })))).toEqual(['work-plan'])
  })

  it('P-X5 have the reviews that the rollout asks for, and whom', () => {
    const plan = documentsOf(DOCUMENT_FACTS).find((it) => it.name === 'rollout-plan')
    const said = JSON.stringify(plan)
    expect(said).toContain('Every 1 hour the verdicts are reviewed by: operations-lead, olga.')
    expect(said).toContain('Checkpoint 2027-01-15T09:00:00Z: it does not go on without a review')
  })

  it('show of the evidence what a Go used: a drill with its numbers, a word with its reference', () => {
    const documents = documentsOf(DOCUMENT_FACTS)
    expect(JSON.stringify(documents.find((it) => it.name === 'monitoring-record'))).toContain(
      'metrics: bad, slow',
    )
    expect(JSON.stringify(documents.find((it) => it.name === 'rollback-procedures'))).toContain(
      'It took 2 s.',
    )
  })

  it('have the kill command as the first line of each alert’s mitigation', () => {
    const alert = documentsOf(DOCUMENT_FACTS).find((it) => it.name === 'alert-errors')
    expect(alert?.sections.map((it) => it.title)).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation'])
    expect(alert?.sections.at(-1)?.blocks[0]).toMatchObject({ kind: 'code' })
  })
})

/** Every path to a member, through the first item of lists. */
function pathsOf(value: unknown, at: readonly string[] = []): readonly string[] {
  if (Array.isArray(value)) return pathsOf(value[0], [...at, '0'])
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .flatMap(([name, member]) => {
      const path = [...at, name]
      // The parts of a reference and of a criterion's numbers are one cell each.
      const whole =
        name === 'reference' || name === 'audience' || name === 'bound' || path.includes('criteria')
      return [path.join('.'), ...(whole ? [] : pathsOf(member, path))]
    })
    .filter((path) => path.split('.').length > 1)
}

function without(value: DocumentFacts['outputs'], path: readonly string[]): DocumentFacts['outputs'] {
  const copy: Record<string, JsonObject> = JSON.parse(JSON.stringify(value))
  let holder: unknown = copy
  for (const name of path.slice(0, -1)) holder = (holder as Record<string, unknown>)[name]
  delete (holder as Record<string, unknown>)[path.at(-1) ?? '']
  return copy
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null || !isObject(value as JsonObject)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, it]) => [name, reversed(it)]),
  )
}
