import { expect, test } from 'vitest'

import { differencesOf, valueAt } from './difference.ts'

const bundle = (percent: number, rule: string) => ({
  workPlan: { content: {} },
  steps: [
    { id: 'flags', output: { flag: 'a/b' }, baseline: { rules: rule } },
    { id: 'plan', output: { plan: { stages: [{ name: 'everybody', increments: [percent] }] } } },
  ],
})

test('a pointer leads into lists and through escaped names', () => {
  expect(valueAt({ 'a/b': [{ c: 1 }] }, '/a~1b/0/c')).toBe(1)
  expect(valueAt({ a: 1 }, '/a/b/c')).toBeUndefined()
})

test('the plan is live as the rollout follows it, the baseline as it is configured, the rest not at all', () => {
  const pointers = [
    '/steps/0/baseline/rules',
    '/steps/0/output/flag',
    '/steps/1/output/plan/stages/0/increments/0',
  ]
  const rows = differencesOf(pointers, {
    approved: bundle(25, 'old'),
    proposed: bundle(50, 'new'),
    livePlan: { stages: [{ name: 'everybody', increments: [10] }] },
  })
  expect(rows.map(({ approved, live, proposed }) => [approved, live, proposed])).toEqual([
    ['old', 'new', 'new'],
    ['a/b', undefined, 'a/b'],
    [25, 10, 50],
  ])
  expect(rows[2]?.where).toBe('step 2, plan · plan · stages · 0 · increments · 0')
})

test('where nothing was approved before, each part of the proposal is a line', () => {
  const rows = differencesOf([], { approved: null, proposed: bundle(25, 'x'), livePlan: undefined })
  expect(rows.map((it) => it.pointer)).toEqual([
    '/steps/0/output/flag',
    '/steps/0/baseline/rules',
    '/steps/1/output/plan',
  ])
  expect(rows.every((it) => it.approved === undefined)).toBe(true)
})
