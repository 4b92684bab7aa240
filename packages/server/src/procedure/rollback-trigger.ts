/** What a rollback began with: what set it off, what turned the feature off, what was approved for it. */
import { TRIGGER_INPUT } from '@flagmarshal/domain/procedure/rollback'
import type { Run } from '@flagmarshal/domain/procedure/run'
import type { HookPart } from '@flagmarshal/domain/rollback/hook'
import { z } from 'zod'

const Trigger = z.object({
  reason: z.string(),
  disabled: z.array(
    z.object({
      environment: z.string(),
      how: z.enum(['rollout', 'kill', 'off_already']),
      id: z.string().nullable(),
    }),
  ),
  procedures: z
    .object({ run: z.string(), hash: z.string(), content: z.record(z.string(), z.unknown()) })
    .nullable(),
})
export type Trigger = z.infer<typeof Trigger>

/** What a run of the rollback procedure began with. */
export function triggerOf(run: Run): Trigger {
  return Trigger.parse(run.inputs[TRIGGER_INPUT]?.value)
}

const Named = z.object({ key: z.string(), version: z.number() })
const Part = z.looseObject({
  hook: Named.optional(),
  targetVersion: z.string().optional(),
  watchMinutes: z.number().optional(),
  watch: z.object({ everySeconds: z.number(), forSeconds: z.number() }).optional(),
})

/** The approved way to put a part back by a hook. */
export interface ApprovedHook {
  readonly hook: string
  readonly version: number
  /** What is gone back to. */
  readonly goBackTo: string
  readonly watch?: { readonly everyMs: number; readonly forMs: number }
}

const FIELDS: Readonly<Record<HookPart, string>> = {
  code: 'codeRollback',
  data: 'dataRollback',
  infrastructure: 'infrastructureRollback',
}

/** Between two looks after code or infrastructure was put back. */
const LOOK_EVERY_MS = 60_000

/** What the approved procedures name for a part; undefined where they name no hook. */
export function approvedHook(
  content: Readonly<Record<string, unknown>> | undefined,
  part: HookPart,
): ApprovedHook | undefined {
  const found = Part.safeParse(content?.[FIELDS[part]]).data
  if (found?.hook === undefined) return undefined
  const code = Part.safeParse(content?.[FIELDS.code]).data
  const { watch, watchMinutes } = found
  const forMs = (watchMinutes ?? 0) * 60_000
  const watched =
    watch === undefined
      ? { everyMs: Math.min(LOOK_EVERY_MS, forMs), forMs }
      : { everyMs: watch.everySeconds * 1_000, forMs: watch.forSeconds * 1_000 }
  return {
    hook: found.hook.key,
    version: found.hook.version,
    goBackTo: found.targetVersion ?? code?.targetVersion ?? '',
    ...(watched.forMs === 0 ? {} : { watch: watched }),
  }
}
