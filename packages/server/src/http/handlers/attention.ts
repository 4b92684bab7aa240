/** What needs somebody now, over HTTP. */
import type { attentionOperations } from '@flagmarshal/api/attention'

import { showAttention } from '../../procedure/attention.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof attentionOperations> = {
  showAttention: async ({ context, services }) => ({ body: await showAttention(context, services.database) }),
}
