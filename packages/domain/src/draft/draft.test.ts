import { describe, expect, it } from 'vitest'

import type { Role } from '../access/permission.ts'
import type { Actor } from '../procedure/run.ts'
import { isRefusal } from '../refusal.ts'
import { mayActOn, mayPublish, mayRequest, verdictRoles } from './can.ts'
import { approvalSlots, draftState, missingApprovers, waitsFor } from './draft.ts'
import type { Draft, DraftFacts, DraftVerdict } from './draft.ts'
import { DEFAULT_DRAFT_POLICY, draftPolicyOf } from './policy.ts'

const at = new Date('2026-03-02T10:00:00Z')
const asked: Draft = {
  hash: 'h2',
  contributors: ['dana', 'tess'],
  requested: { by: 'dana', at, hash: 'h2' },
  verdicts: [],
}
const people: DraftFacts['people'] = [
  { id: 'dana', roles: ['developer'] },
  { id: 'tess', roles: ['technical-lead'] },
  { id: 'tom', roles: ['technical-lead', 'developer'] },
  { id: 'omar', roles: ['operations-lead'] },
  { id: 'ada', roles: ['administrator'] },
]
const facts: DraftFacts = { policy: DEFAULT_DRAFT_POLICY, people, authors: [], behind: false }
const two: DraftFacts = {
  ...facts,
  policy: { accepted: true, approvals: [['technical-lead', 'operations-lead'], ['technical-lead']] },
}

const approved = (by: string, roles: readonly Role[], hash = 'h2'): DraftVerdict => ({
  by,
  roles,
  verdict: 'approved',
  hash,
})
const refused = (by: string, hash = 'h2'): DraftVerdict => ({
  by,
  roles: [],
  verdict: 'changes_requested',
  hash,
})
const having = (...verdicts: readonly DraftVerdict[]): Draft => ({ ...asked, verdicts })
const person = (id: string, ...roles: readonly Role[]): Actor => ({ id, kind: 'user', roles })

describe('where a draft stands', () => {
  it.each<readonly [string, Draft, DraftFacts, string]>([
    [
      'nobody has asked',
      {
        ...asked,
        verdicts: [approved('omar', ['operations-lead'])],
        requested: { by: 'dana', at, hash: 'h1' },
      },
      facts,
      'draft',
    ],
    ['it waits', asked, facts, 'waiting'],
    ['somebody with the role has approved', having(approved('omar', ['operations-lead'])), facts, 'approved'],
    [
      'the approval was for another content',
      having(approved('omar', ['operations-lead'], 'h1')),
      facts,
      'waiting',
    ],
    ['a contributor has approved', having(approved('tess', ['technical-lead'])), facts, 'waiting'],
    [
      'an author of what is live has approved',
      having(approved('omar', ['operations-lead'])),
      { ...facts, authors: ['omar'] },
      'waiting',
    ],
    [
      'the approver does not hold the role any more',
      having(approved('dana2', ['technical-lead'])),
      facts,
      'waiting',
    ],
    [
      'changes are asked for beside an approval',
      having(approved('omar', ['operations-lead']), refused('tom')),
      facts,
      'changes_requested',
    ],
    [
      'who asked for changes approves',
      having(refused('tom'), approved('tom', ['technical-lead'])),
      facts,
      'approved',
    ],
    [
      'who approved asks for changes',
      having(approved('tom', ['technical-lead']), refused('tom')),
      facts,
      'changes_requested',
    ],
    ['one of two approvals', having(approved('omar', ['operations-lead'])), two, 'waiting'],
    [
      'both, the one who fits only one slot last',
      having(approved('tom', ['technical-lead']), approved('omar', ['operations-lead'])),
      two,
      'approved',
    ],
    [
      'the same person twice',
      having(approved('tom', ['technical-lead']), approved('tom', ['technical-lead'])),
      two,
      'waiting',
    ],
    ['it is published', { ...asked, closed: 'published' }, facts, 'published'],
  ])('%s', (_, draft, given, state) => {
    expect(draftState(draft, given)).toBe(state)
  })

  it('gives each approval to another person, whoever came first', () => {
    const draft = having(approved('tom', ['technical-lead']), approved('omar', ['operations-lead']))
    expect(approvalSlots(draft, two).map((it) => it.by)).toEqual(['omar', 'tom'])
  })

  it('waits for those who can act: approvers who had no hand in it, else its contributors', () => {
    expect(waitsFor(asked, facts)).toEqual(['tom', 'omar'])
    expect(missingApprovers(having(approved('omar', ['operations-lead'])), two)).toEqual(['tom'])
    expect(waitsFor(asked, { ...facts, behind: true })).toEqual(['dana', 'tess'])
    expect(waitsFor(having(approved('omar', ['operations-lead'])), facts)).toEqual(['dana', 'tess'])
    expect(waitsFor({ ...asked, closed: 'discarded' }, facts)).toEqual([])
  })
})

describe('who may say what', () => {
  const codeOf = (draft: Draft, given: DraftFacts, actor: Actor, verdict: object = {}): unknown => {
    const answer = verdictRoles(draft, given, actor, { verdict: 'approved', hash: 'h2', ...verdict })
    return isRefusal(answer) ? answer.code : answer
  }

  const omar = person('omar', 'operations-lead')
  const fresh: Draft = { hash: 'h2', contributors: ['dana'], verdicts: [] }
  it.each<{
    readonly who: string
    readonly actor: Actor
    readonly draft?: Draft
    readonly given?: Partial<DraftFacts>
    readonly verdict?: object
    readonly answer: unknown
  }>([
    { who: 'a lead', actor: omar, answer: ['operations-lead'] },
    { who: 'an automation', actor: { id: 'key_1', kind: 'service', roles: [] }, answer: 'person-needed' },
    {
      who: 'the administrator’s token',
      actor: { id: 'admin', kind: 'admin', roles: [] },
      answer: 'person-needed',
    },
    { who: 'an administrator', actor: person('ada', 'administrator'), answer: 'role-needed' },
    { who: 'the creator', actor: person('dana', 'technical-lead'), answer: 'own-work' },
    { who: 'a contributor', actor: person('tess', 'technical-lead'), answer: 'own-work' },
    { who: 'who changed what is live', actor: omar, given: { authors: ['omar'] }, answer: 'own-work' },
    { who: 'a role that does not count', actor: person('tom', 'developer'), answer: 'role-needed' },
    { who: 'another hash', actor: omar, verdict: { hash: 'h1' }, answer: 'draft-changed' },
    { who: 'what is behind', actor: omar, given: { behind: true }, answer: 'draft-behind' },
    {
      who: 'changes without a word',
      actor: omar,
      verdict: { verdict: 'changes_requested' },
      answer: 'comment-needed',
    },
    {
      who: 'twice',
      actor: omar,
      draft: having(approved('omar', ['operations-lead'])),
      answer: 'approved-already',
    },
    { who: 'before it was asked for', actor: omar, draft: fresh, answer: 'draft-draft' },
    {
      who: 'after it is published',
      actor: omar,
      draft: { ...asked, closed: 'published' },
      answer: 'draft-published',
    },
  ])('$who', ({ actor, draft = asked, given = {}, verdict = {}, answer }) => {
    expect(codeOf(draft, { ...facts, ...given }, actor, verdict)).toEqual(answer)
  })

  it('asks only where somebody can answer', () => {
    expect(mayRequest(fresh, facts)).toBeUndefined()
    expect(mayRequest(fresh, { ...facts, behind: true })?.code).toBe('draft-behind')
    expect(mayRequest(asked, facts)?.code).toBe('draft-waiting')
    const lonely = { ...facts, people: people.filter((it) => it.id === 'dana') }
    expect(mayRequest(fresh, lonely)?.code).toBe('too-few-approvers')
  })

  it('publishes what is approved, by a person', () => {
    const done = having(approved('omar', ['operations-lead']))
    expect(mayPublish(done, facts, person('dana', 'developer'))).toBeUndefined()
    expect(mayPublish(done, facts, { id: 'key_1', kind: 'service', roles: [] })?.code).toBe('person-needed')
    expect(mayPublish(asked, facts, person('dana', 'developer'))?.code).toBe('draft-waiting')
    expect(mayActOn({ ...asked, closed: 'discarded' }, facts, 'change')?.code).toBe('draft-discarded')
  })

  it('asks for one approval of any lead where an environment settles nothing', () => {
    const strict = { accepted: true, approvals: [['product-owner']] } as const
    expect(draftPolicyOf({ production: strict }, 'production')).toBe(strict)
    expect(draftPolicyOf({ production: strict }, 'eu')).toBe(DEFAULT_DRAFT_POLICY)
    expect(draftPolicyOf({}, 'constructor')).toBe(DEFAULT_DRAFT_POLICY)
  })
})
