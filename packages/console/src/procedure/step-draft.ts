/** What is being written of a step's output, beside what the server has: sent as a whole. */
import { useDraft } from '../form/draft.ts'
import type { Draft } from '../form/draft.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import type { StepFormProps } from './step-forms.ts'

export interface StepDraft<T extends object> extends Omit<Draft<Partial<T>>, 'change' | 'saved'> {
  /** Replaces fields. */
  readonly change: (fields: Partial<T>) => void
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
  const labels = Object.fromEntries(step.outputs.map((it) => [it.field, it.title]))
  const draft = useDraft(step.output as Partial<T>, step.revision, labels)
  const write = useWrite('writeStep')
  const body = { output: outputOf(draft.value) }
  const params = { project: run.project, run: run.id, step: String(step.number) }
  return {
    ...draft,
    change: (fields) => draft.change({ ...draft.value, ...fields }),
    save: async () => {
      const saved: Answer<'writeStep'> | undefined = await write
        .mutateAsync([{ params, body, ifMatch: draft.revision }])
        .catch(() => undefined)
      if (saved !== undefined) draft.saved(saved.output as Partial<T>, saved.revision)
    },
    saving: write.isPending,
    // A conflict is shown as what each of the two changed, once theirs has been read.
    error: draft.conflict === undefined ? write.error : null,
    body,
  }
}
