/**
 * The rollback procedure as data (P-RB): a second definition on the same engine. Quick disable has
 * been executed before its run exists; the run leads people through what is left, each step done or
 * not applicable. It has no approvals and waits for none.
 */
import type { Role } from '../access/permission.ts'
import { define } from './define.ts'
import type { CheckDefinition, FailureAction, ProcedureDefinition, StepDefinition } from './model.ts'

const LEADS: readonly Role[] = ['operations-lead', 'technical-lead', 'product-owner']

/** The checks, by what they look at. */
export const ROLLBACK_CHECKS = {
  /** Everybody connected has confirmed the quick disable. */
  confirmed: 'P-RB-2',
  /** The approved hook of a part has run and was verified. */
  code: 'P-RB-3',
  data: 'P-RB-4',
  infrastructure: 'P-RB-5',
  /** The service has recovered. */
  health: 'P-RB-6',
} as const

/** Which step puts a part back. */
export const ROLLBACK_STEPS = { code: 3, data: 4, infrastructure: 5 } as const

/** The input that holds what set it off, the quick disable, and the approved procedures. */
export const TRIGGER_INPUT = 'P-RB-I1'

/** The first version: people say what was done, and only the quick disable is looked at. */
const first = definition(1, {})

/** The newest version: the approved hooks and the recovery are looked at, too. */
export const rollback: ProcedureDefinition = definition(2, {
  3: check(ROLLBACK_CHECKS.code, 'The approved hook has put the code back, and that was verified'),
  4: check(ROLLBACK_CHECKS.data, 'The approved hook has put the data back, and that was verified'),
  5: check(
    ROLLBACK_CHECKS.infrastructure,
    'The approved hook has put the infrastructure back, and that was verified',
  ),
  6: check(ROLLBACK_CHECKS.health, 'Nobody is served the feature, and the service has recovered'),
})

/** Every version: a run keeps the one that it began with. */
export const ROLLBACK_VERSIONS: readonly ProcedureDefinition[] = [first, rollback]

function definition(
  version: number,
  more: Readonly<Partial<Record<number, CheckDefinition>>>,
): ProcedureDefinition {
  const steps = [
    step(1, 'assess', 'Assess', 'Say what happened, whom it concerns, and what must be put back.'),
    {
      ...step(2, 'disable', 'Disable the flags and verify', 'Show that nobody gets the feature any more.'),
      checks: [check(ROLLBACK_CHECKS.confirmed, 'Every connected instance has confirmed the quick disable')],
    },
    step(
      3,
      'code',
      'Code and configuration',
      'Put the approved previous version back, where that is needed.',
    ),
    step(4, 'data', 'Data', 'Put data back and check it, where it was changed.'),
    step(5, 'infrastructure', 'Infrastructure', 'Put infrastructure back, where it was changed.'),
    step(6, 'health', 'Validate health', 'Show that the system works as before.'),
    step(7, 'report', 'Report and root cause', 'Write the report, and say who follows the cause up.'),
  ]
  return define({
    id: 'rollback',
    version,
    name: 'Rollback',
    status: 'active',
    owner: 'Operations',
    source: {
      document: 'feature-flag-rollout-procedure.md',
      sha256: '083b1e44feae5729854d253eec6cd2b2c7d8a38c6154d5e2f75ce03984e239c4',
    },
    related: ['Feature Flag / Rollout'],
    inputs: [
      {
        id: TRIGGER_INPUT,
        title: 'What set it off, the quick disable, and the approved rollback procedures',
        how: 'automatic',
        dueBefore: 1,
        remediation: { id: 'P-RB-R1', path: 'Start the rollback.', role: 'operations-lead' },
      },
    ],
    steps: steps.map((it) => {
      const own = more[it.number]
      return own === undefined ? it : { ...it, checks: [...it.checks, own] }
    }),
    validationPoints: [],
    parts: [],
    reviews: [],
    approvals: [],
    milestones: [],
    outputs: ['rollback report'],
    validation: [],
    done: [],
    exitStates: [
      {
        id: 'completed',
        title: 'Completed',
        means: 'Everything is back, and the cause is being followed up.',
      },
      { id: 'blocked', title: 'Blocked', means: 'Nobody has gone on with it for too long.' },
    ],
    ownWork: 'allowed',
  })
}

function check(id: string, title: string): CheckDefinition {
  return { id, title, required: true, availability: 'available', mayBeNotApplicable: false }
}

function step(number: number, id: string, title: string, purpose: string): StepDefinition {
  return {
    number,
    id,
    title,
    purpose,
    inputs: number === 1 ? [TRIGGER_INPUT] : [TRIGGER_INPUT, `S${number - 1}`],
    actions: [purpose],
    outputs: [{ field: 'note', title: 'What was done or found', required: true }],
    checks: [],
    mayBeNotApplicable: true,
    decision: { by: 'person', question: 'Is it done?', roles: LEADS, all: false },
    failure: { failure: 'It is not done.', actions: [task('Do it.')], retry: 'When it is done.' },
  }
}

function task(title: string): FailureAction {
  return { kind: 'do', title }
}
