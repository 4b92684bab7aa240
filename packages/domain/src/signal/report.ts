/**
 * Reports about a feature, by people or by machines (complaint, incident, security, data loss,
 * feedback), and what an alert of Alertmanager says as one.
 */

export const REPORT_KINDS = ['complaint', 'incident', 'security', 'data-loss', 'feedback'] as const
export type ReportKind = (typeof REPORT_KINDS)[number]

export const SEVERITIES = ['critical', 'major', 'minor'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Alertmanager's labels are free text; these are the ones that are widely used. */
const SEVERITY_OF_LABEL: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  page: 'critical',
  error: 'major',
  major: 'major',
  warning: 'major',
}

/** The severity that an alert's label stands for; minor where it says nothing known. */
export function severityOfLabel(label: string | undefined): Severity {
  const known = (label ?? '').toLowerCase()
  return Object.hasOwn(SEVERITY_OF_LABEL, known) ? (SEVERITY_OF_LABEL[known] ?? 'minor') : 'minor'
}
