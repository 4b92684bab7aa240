/** How a person showed who they are, on the wire; checked against the domain's list by the compiler. */
import type { ProofMethod as DomainMethod } from '@flagmarshal/domain/access/proof'
import { z } from 'zod'

const METHODS = {
  password: 'password',
  totp: 'totp',
  'recovery-code': 'recovery-code',
  oidc: 'oidc',
} satisfies { [M in DomainMethod]: M }

export const ProofMethod = z.enum(METHODS).meta({ id: 'ProofMethod' })
