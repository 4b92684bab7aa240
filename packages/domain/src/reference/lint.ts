export const LINT_RULES = [
  'R001',
  'R002',
  'R003',
  'R004',
  'R005',
  'R006',
  'R007',
  'R008',
  'R009',
  'R010',
  'R011',
  'R012',
] as const
