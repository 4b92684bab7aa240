/**
 * Who approves drafts, environment by environment, as the form of the policy has it: a list, where the
 * server keeps them by name. What the form did not know it would drop, and so loosen what is settled.
 */
import { DRAFT_APPROVERS } from '@flagmarshal/domain/draft/policy'

import { fieldsOf, itemsOf } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { choices, group, list } from '../form/make-field.ts'
import type { Answer } from '../query.ts'

type Drafts = Answer<'showPolicy'>['drafts']

export const DRAFTS_FIELD: Field = {
  ...list(
    'drafts',
    'Drafts in protected environments',
    'Add an environment',
    group('draft', 'Environment', [
      { kind: 'line', key: 'environment', label: 'Environment', suggest: 'environments' },
      {
        kind: 'check',
        key: 'accepted',
        label: 'It takes drafts',
        help: 'Unticked, only the procedure raises exposure there.',
        optional: true,
      },
      list(
        'approvals',
        'Approvals, each of another person',
        'Add an approval',
        choices('roles', 'Of somebody who is one of', DRAFT_APPROVERS),
      ),
    ]),
  ),
  optional: true,
  help: 'One that is left out takes drafts with one approval of any lead. Nobody approves what he had a hand in.',
}

/** As the form writes them. */
export function draftsShown(drafts: Drafts): readonly object[] {
  return Object.entries(drafts).map(([environment, it]) => ({ environment, ...it }))
}

/** As the server takes them. */
export function draftsSent(shown: unknown): Readonly<Record<string, object>> {
  return Object.fromEntries(
    itemsOf(shown).map((it) => {
      const { environment, accepted, approvals } = fieldsOf(it)
      return [String(environment), { accepted: accepted === true, approvals: itemsOf(approvals) }]
    }),
  )
}
