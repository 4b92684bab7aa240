/** Drafts that are approved and live, for tests about what comes after. */
import type { Draft, NewDraft } from '@flagmarshal/api/draft'
import type { z } from 'zod'

import { expectOk } from '../../../../tests/support/server.ts'
import type { TestPerson } from '../../../../tests/support/server.ts'

/** Who saves and publishes, who approves, where. */
export interface DraftPeople {
  readonly project: string
  readonly writer: Pick<TestPerson, 'client'>
  readonly approver: Pick<TestPerson, 'client'>
}

/** Saves a draft, asks, has it approved and publishes it. */
export async function publishByDraft(
  { project, writer, approver }: DraftPeople,
  body: z.input<typeof NewDraft>,
): Promise<Draft> {
  const saved = expectOk(await writer.client.call('createDraft', { params: { project }, body }))
  const params = { project, draft: saved.id }
  expectOk(await writer.client.call('requestDraft', { params }))
  const verdict = { verdict: 'approved' as const, hash: saved.hash }
  expectOk(await approver.client.call('decideDraft', { params, body: verdict }))
  return expectOk(await writer.client.call('publishDraft', { params }))
}
