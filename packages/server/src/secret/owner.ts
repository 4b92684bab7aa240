/** Whose a stored secret is. */
import type { SecretRow } from '../storage/secrets.ts'
import { channelOwner, connectionOwner, hookOwner, sourceOwner } from './seal.ts'

const OWNERS = {
  channel: channelOwner,
  inbound: sourceOwner,
  connection: connectionOwner,
  hook: hookOwner,
} as const

/** What it is bound to, like `channel/shop/ops`. */
export function ownerOf({ of, project, key }: SecretRow): string {
  return OWNERS[of](project, key)
}
