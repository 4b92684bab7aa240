/**
 * One thing that the checks of a plan have found.
 */

/** What is wrong, where, and how much it matters. */
export interface Finding {
  /** Stable and kebab-case. */
  readonly id: string
  readonly severity: 'error' | 'warning'
  /** JSON Pointer into the plan. */
  readonly path: string
  readonly message: string
}

/** A finding that refuses the plan. */
export function error(id: string, path: string, message: string): Finding {
  return { id, severity: 'error', path, message }
}

/** A finding for the plan's reviewers. */
export function warning(id: string, path: string, message: string): Finding {
  return { id, severity: 'warning', path, message }
}
