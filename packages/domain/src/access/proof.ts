/**
 * Step-up: a signature may need a fresh proof of who gives it, because a session that was left open
 * signs for whoever sits down at it. What counts, and how fresh, is the project's to settle.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'

/** How somebody has shown who they are: a code of their own device counts as a second factor. */
export const PROOF_METHODS = ['password', 'totp', 'recovery-code', 'oidc'] as const
export type ProofMethod = (typeof PROOF_METHODS)[number]

export interface Proof {
  readonly method: ProofMethod
  readonly at: Date
}

/** What the signatures of a project need. */
export interface SignaturePolicy {
  /** `sign-in`: any method; `second-factor`: a code. */
  readonly proof: 'sign-in' | 'second-factor'
  /** How old the proof may be. */
  readonly minutes: number
}

const SECOND_FACTORS: readonly ProofMethod[] = ['totp', 'recovery-code']

/** Why a signature is not taken yet; undefined where the proof is there and fresh, or none is wanted. */
export function whyUnproven(
  policy: SignaturePolicy | undefined,
  proof: Proof | undefined,
  now: Date,
): Refusal | undefined {
  if (policy === undefined) return undefined
  const counts = policy.proof === 'sign-in' || (proof !== undefined && SECOND_FACTORS.includes(proof.method))
  const fresh = proof !== undefined && now.getTime() - proof.at.getTime() <= policy.minutes * 60_000
  if (counts && fresh) return undefined
  const what =
    policy.proof === 'sign-in'
      ? "a password, a code or the organisation's sign-in"
      : 'a code of your second factor'
  return refuse(
    'proof-needed',
    `A signature in this project needs ${what}, given within the last ${policy.minutes} minutes.`,
    policy.proof === 'sign-in'
      ? 'Confirm who you are, then sign again: flagmarshal account prove'
      : 'Set up a second factor in your account if you have none. Give a code, then sign again: flagmarshal account prove',
  )
}

/** What is kept beside a signature: how it was proved, where the policy asks for that. */
export function proofKept(
  policy: SignaturePolicy | undefined,
  proof: Proof | undefined,
): { readonly proof?: ProofMethod } {
  return policy === undefined || proof === undefined ? {} : { proof: proof.method }
}
