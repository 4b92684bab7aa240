/**
 * Keeping evidence: what a check saw or a person vouches for, under the hash of its content, so that
 * a decision that names the hash can be held against exactly what it rested on.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'

import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { toJson } from '../storage/column.ts'
import type { Tx } from '../storage/database.ts'
import { insertEvidence } from '../storage/evidence.ts'

/** What is kept. */
export interface Evidence {
  readonly project: string
  readonly run: string
  /** 0 where it belongs to no step. */
  readonly step: number
  readonly kind: 'check' | 'attestation' | 'input' | 'delivery'
  readonly content: { readonly [name: string]: Json }
}

/** The hash under which evidence is kept: of its content, its time and its place. */
export function evidenceHash({ run, step, kind, content }: Evidence, context: Context): string {
  return sha256(canonical({ run, step, kind, by: context.actor.id, at: context.now.toISOString(), content }))
}

/** Stores evidence, in the transaction of what rests on it. */
export async function keepEvidence(tx: Tx, context: Context, evidence: readonly Evidence[]): Promise<void> {
  await insertEvidence(
    tx,
    evidence.map((it) => ({
      project: it.project,
      hash: evidenceHash(it, context),
      kind: it.kind,
      run: it.run,
      step: it.step,
      by: context.actor.id,
      at: context.now,
      content: toJson(it.content),
    })),
  )
}
