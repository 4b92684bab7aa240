/** The outputs that other procedures ask for by name (P-D2), and the step that each comes from. */
export const OUTPUT_STEPS = {
  strategy: 1,
  'flag-configuration': 2,
  'rollout-plan': 3,
  'monitoring-configuration': 4,
  'rollback-procedures': 5,
  documentation: 6,
} as const

export type OutputName = keyof typeof OUTPUT_STEPS
