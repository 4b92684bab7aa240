/** The form of each step, by its id; a step without one shows its output and the command that writes it. */
import { lazy } from 'react'
import type { ComponentType } from 'react'

import type { Answer } from '../query.ts'

/** What a form is given. */
export interface StepFormProps {
  readonly step: Answer<'showStep'>
  readonly run: Answer<'showRun'>
}

const Form = lazy(async () => ({ default: (await import('./step-form.tsx')).StepForm }))

export const STEP_FORMS: Readonly<Record<string, ComponentType<StepFormProps>>> = {
  strategy: lazy(async () => ({ default: (await import('./strategy-form.tsx')).StrategyForm })),
  flags: Form,
  plan: Form,
  monitoring: Form,
  rollback: Form,
  documents: Form,
}
