/** Explaining an evaluation: what the environment serves now, or would by a draft, to one context, and why. */
import type { Explanation, FlagConfigChange } from '@flagmarshal/api/flag'
import type { ServedConfig } from '@flagmarshal/domain/flag/edit'
import { withoutPrerequisites } from '@flagmarshal/domain/flag/prerequisite'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { compile, explain } from '@flagmarshal/evaluation'
import type { Compiled, EvaluationContext, Snapshot } from '@flagmarshal/evaluation'

import { draftOf } from '../flag/draft.ts'
import { engines } from '../json-logic.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import type { Environments } from './environments.ts'

interface ExplainParts {
  readonly database: Database
  readonly delivery: { readonly environments: Environments }
}

/** Whose answer is explained; with a draft, by that configuration. */
interface Question {
  readonly context: EvaluationContext
  readonly draft?: FlagConfigChange | undefined
}

/** Evaluates with everything that was committed before the call. */
export async function explainFlag(
  { database, delivery }: ExplainParts,
  key: FlagConfigKey,
  { context, draft }: Question,
): Promise<Explanation | Refusal> {
  const { project, environment, flag } = key
  const state = await delivery.environments.fresh({ project, environment })
  if (state === undefined) return notFound('environment', environment)
  if (state.compiled().flag(flag) === undefined) return notFound('flag', `${flag} in ${environment}`)
  const drafted = draft === undefined ? undefined : await draftOf(database.kysely, key, draft)
  if (isRefusal(drafted)) return drafted
  const compiled = drafted === undefined ? state.compiled() : compileDraft(state.snapshot, flag, drafted)
  const explanation = explain(compiled, flag, context)
  const wire =
    'value' in explanation && explanation.value !== undefined
      ? // The engine's type is read-only all the way down; the wire's is not.
        { ...explanation, value: explanation.value as NonNullable<Explanation['value']> }
      : withoutValue(explanation)
  return {
    ...wire,
    trace: explanation.trace.map(({ ranges, ...step }) => ({
      ...step,
      ...(ranges === undefined ? {} : { ranges: ranges.map((it) => ({ ...it })) }),
    })),
  }
}

function compileDraft(snapshot: Snapshot, flag: string, draft: ServedConfig): Compiled {
  // All of them: a draft may ask for other flags.
  const flags = snapshot.flags.map((it) => (it.key === flag ? { ...withoutPrerequisites(it), ...draft } : it))
  return compile({ ...snapshot, flags }, engines)
}

/** An explanation of what has no value: an error, or the caller's own default. */
function withoutValue<It extends object>(explanation: It): Omit<It, 'value'> {
  return Object.fromEntries(Object.entries(explanation).filter(([name]) => name !== 'value')) as Omit<
    It,
    'value'
  >
}
