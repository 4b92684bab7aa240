/**
 * The rules that flags, their plans and the code around them are held against. Their ids never change:
 * pipelines and settings name them.
 */

/** How bad it is to break a rule: an error ends a pipeline. */
export type LintLevel = 'error' | 'warning'

export interface LintRule {
  readonly title: string
  /** What is wrong and what to do, for whoever reads it for the first time. */
  readonly help: string
  readonly level: LintLevel
}

export const LINT_RULES = {
  R001: {
    title: 'unknown flag in code',
    help: 'The code asks a flag that does not exist and always gets its own default. Correct the key, or create the flag.',
    level: 'error',
  },
  R002: {
    title: 'default is not off',
    help: 'Where no flag can be evaluated, the code must do what it does while the flag is off, in each layer alike.',
    level: 'error',
  },
  R003: {
    title: 'no owner',
    help: 'Nobody answers for the flag. Name a team or a person.',
    level: 'warning',
  },
  R004: {
    title: 'expired',
    help: 'The flag was to be gone by now. Take it out of the code, or say why it stays.',
    level: 'warning',
  },
  R005: {
    title: 'stale at 100 %',
    help: 'Everybody has been served the same for 14 days. Take the flag out of the code.',
    level: 'warning',
  },
  R006: {
    title: 'archived but referenced',
    help: 'The flag was given up and code still asks it. Take it out of the code.',
    level: 'error',
  },
  R007: {
    title: 'evaluated, but in no known code',
    help: 'Something still evaluates a flag that no known code asks: an older version runs somewhere, or a repository does not report.',
    level: 'warning',
  },
  R008: {
    title: 'plan without rollback',
    help: 'Nothing in the plan rolls back by itself. Add a guardrail whose breach rolls back, or plan the way back.',
    level: 'error',
  },
  R009: {
    title: 'criterion without data',
    help: 'Nothing was counted for the criterion in the last 7 days, so it can say neither Go nor No-Go.',
    level: 'warning',
  },
  R010: {
    title: 'nested or circular prerequisite',
    help: 'What a flag serves hangs on a chain of others, which nobody reads off it. Ask the last of them directly.',
    level: 'warning',
  },
  R011: {
    title: 'wrong type',
    help: 'The manifest, or a call, takes the flag for another type than it has, so its default is served.',
    level: 'error',
  },
  R012: {
    title: 'permission flag used for a release',
    help: 'A permission stays for ever and a release ends. Use a release flag for the rollout.',
    level: 'warning',
  },
} as const satisfies Readonly<Record<string, LintRule>>

export type LintRuleId = keyof typeof LINT_RULES
export const LINT_RULE_IDS = Object.keys(LINT_RULES) as [LintRuleId, ...LintRuleId[]]

/** A rule that is broken. */
export interface LintFinding {
  readonly rule: LintRuleId
  readonly level: LintLevel
  /** The flag, or the feature for what is wrong with a plan. */
  readonly subject: string
  readonly message: string
  /** Where in the repository, where it is there. */
  readonly place?: LintPlace
}

export interface LintPlace {
  readonly file: string
  readonly line: number
}

/** A finding of a rule at its own level, or at another one. */
export function broken(
  rule: LintRuleId,
  subject: string,
  message: string,
  more: { readonly place?: LintPlace; readonly level?: LintLevel } = {},
): LintFinding {
  return { rule, level: LINT_RULES[rule].level, subject, message, ...more }
}
