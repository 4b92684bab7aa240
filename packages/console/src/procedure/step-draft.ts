/**
 * What is being written of a step's output, beside what the server has: kept while the page lives,
 * sent as a whole. When somebody else wrote in the meantime, both are known and nothing is lost.
 */
import { useState } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import type { StepFormProps } from './step-forms.ts'

export interface StepDraft<T extends object> {
  readonly value: Partial<T>
  /** Replaces fields. */
  readonly change: (fields: Partial<T>) => void
  readonly dirty: boolean
  /** Somebody else wrote the step since this draft was begun: the fields that differ from theirs. */
  readonly conflict: readonly string[] | undefined
  /** Goes on from what the server has now. */
  readonly takeTheirs: () => void
  readonly save: () => Promise<void>
  readonly saving: boolean
  readonly error: Error | null
  /** The body of the request that saves it. */
  readonly body: { readonly output: Record<string, unknown> }
}

/** A draft of the output of a step, sent as `outputOf` makes it. The server has checked the shape of what it has. */
export function useStepDraft<T extends object>(
  { step, run }: StepFormProps,
  outputOf: (value: Partial<T>) => Record<string, unknown>,
): StepDraft<T> {
  const stored = step.output as Partial<T>
  const [begun, setBegun] = useState({ revision: step.revision, value: stored, dirty: false })
  const write = useWrite('writeStep')
  // Untouched, the form follows the server.
  const draft = begun.dirty ? begun : { revision: step.revision, value: stored, dirty: false }
  const body = { output: outputOf(draft.value) }
  const params = { project: run.project, run: run.id, step: String(step.number) }
  return {
    value: draft.value,
    dirty: draft.dirty,
    conflict: draft.dirty && draft.revision !== step.revision ? differing(draft.value, stored) : undefined,
    change: (fields) => setBegun({ ...draft, dirty: true, value: { ...draft.value, ...fields } }),
    takeTheirs: () => setBegun({ revision: step.revision, value: stored, dirty: false }),
    save: async () => {
      const saved: Answer<'writeStep'> | undefined = await write
        .mutateAsync([{ params, body }])
        .catch(() => undefined)
      if (saved === undefined) return
      setBegun({ revision: saved.revision, value: saved.output as Partial<T>, dirty: false })
    },
    saving: write.isPending,
    error: write.error,
    body,
  }
}

function differing(a: object, b: object): readonly string[] {
  const [mine, theirs] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  const fields = new Set([...mine.keys(), ...theirs.keys()])
  return [...fields].filter((it) => JSON.stringify(mine.get(it)) !== JSON.stringify(theirs.get(it)))
}
