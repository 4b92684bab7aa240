/** The provider that the organisation signs in at, over HTTP. */
import type { identityProviderOperations } from '@flagmarshal/api/identity-provider'

import {
  removeIdentityProvider,
  showIdentityProvider,
  testIdentityProvider,
  writeIdentityProvider,
} from '../../access/identity-provider.ts'
import type { ProviderParts } from '../../access/identity-provider.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import type { Services } from '../services.ts'

export const handlers: Handlers<typeof identityProviderOperations> = {
  showIdentityProvider: async ({ services }) =>
    reply(await showIdentityProvider(services.database.kysely, services.accounts.publicUrl)),

  writeIdentityProvider: async ({ context, services, body, ifMatch }) =>
    reply(await writeIdentityProvider(context, partsOf(services), { ...body, ifMatch })),

  removeIdentityProvider: async ({ context, services }) =>
    reply(await removeIdentityProvider(context, services.database)),

  testIdentityProvider: async ({ context, services }) =>
    reply(await testIdentityProvider(context, partsOf(services))),
}

/** What the provider is asked with. */
export function partsOf({ database, safe, provider, accounts }: Services): ProviderParts {
  return { database, safe, provider, publicUrl: accounts.publicUrl }
}
