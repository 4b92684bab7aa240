/** Whose a stored secret is. */
import type { SecretRow } from '../storage/secrets.ts'
import { channelOwner, connectionOwner, factorOwner, hookOwner, PROVIDER_OWNER, sourceOwner } from './seal.ts'

const OWNERS = {
  channel: channelOwner,
  inbound: sourceOwner,
  connection: connectionOwner,
  hook: hookOwner,
  'second-factor': (_: string, person: string) => factorOwner(person),
  'identity-provider': () => PROVIDER_OWNER,
} as const

/** What it is bound to, like `channel/shop/ops`. */
export function ownerOf({ of, project, key }: SecretRow): string {
  return OWNERS[of](project, key)
}
