import { exchangeOperations } from '@flagmarshal/api/exchange'
/** A problem as the clients of the OpenFeature manifest API read it. */
import type { Problem } from '@flagmarshal/api/problem'

const MANIFEST = '/openfeature/'

interface ManifestProblem extends Problem {
  readonly error: {
    readonly message: string
    readonly status: number
    readonly details: readonly { readonly field: string; readonly code: string; readonly message: string }[]
  }
}

/** The problem with the member that they read; undefined for other operations. */
export function manifestAnswer(operation: string | undefined, problem: Problem): ManifestProblem | undefined {
  const known = new Map<string, { readonly path: string }>(Object.entries(exchangeOperations))
  if (operation === undefined || known.get(operation)?.path.startsWith(MANIFEST) !== true) return undefined
  const { status, detail, remedy, code } = problem
  const message = remedy === undefined ? detail : `${detail} ${remedy}`
  const details = (problem.errors ?? []).map((it) => ({
    field: it.pointer.replace(/^#?\/(body\/)?/, ''),
    code,
    message: it.message,
  }))
  return { ...problem, error: { message, status, details } }
}
