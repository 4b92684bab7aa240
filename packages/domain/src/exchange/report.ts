/**
 * What an import or export could not carry over as it was.
 */

/** `HIGH`: left out, or it would serve something else. `MEDIUM`: the same in all but named cases. `LOW`: good to know. */
export type Severity = 'HIGH' | 'MEDIUM' | 'LOW'

/** One line of a report. */
export interface ReportLine {
  readonly severity: Severity
  /** What it is about, like `flag checkout`. */
  readonly entity: string
  /** A sentence. */
  readonly message: string
}

const ORDER: Readonly<Record<Severity, number>> = { HIGH: 0, MEDIUM: 1, LOW: 2 }

/** The worst first, each line once. */
export function orderedReport(lines: readonly ReportLine[]): ReportLine[] {
  const distinct = new Map(lines.map((it) => [`${it.severity} ${it.entity} ${it.message}`, it]))
  return [...distinct.values()].toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity])
}
