/**
 * What a verification run found (P-S2-4, P-S2-5, P-S2-8 … P-S2-10), as plain data: the checks of
 * step 2 and the evidence are made from it.
 */
import type { Json } from '../audit/canonical.ts'
import type { JsonObject } from '../procedure/run.ts'

/** A change, and when each instance that was connected had acknowledged it. */
export interface Toggle {
  /** `probe`: a revision that changes nothing served. */
  readonly what: 'probe' | 'enable' | 'disable' | 'restore'
  readonly environment: string
  readonly revision: number
  readonly instances: readonly {
    readonly instanceId: string
    readonly application: string
    /** null: not within the bound. */
    readonly confirmedAfterMs: number | null
  }[]
}

/** What instances that name a layer have done in one environment. */
export interface LayerFound {
  readonly layer: string
  readonly instances: readonly string[]
  /** Whether requests were served the on-branch while the flag was on, and the off-branch. */
  readonly servedOn: boolean
  readonly servedOff: boolean
  /** Distinct defaults that the code gives. */
  readonly codeDefaults: readonly Json[]
}

/** One environment. */
export interface EnvironmentFound {
  readonly environment: string
  readonly protected: boolean
  readonly engine: { readonly findings: readonly string[]; readonly figures: JsonObject }
  readonly sdk: {
    /** Connected instances that allow it. None: engine only. */
    readonly asked: readonly string[]
    readonly answered: readonly string[]
    readonly contexts: number
    readonly findings: readonly string[]
  }
  readonly toggles: readonly Toggle[]
  readonly layers: readonly LayerFound[]
}

/** A verification run that came to its end. */
export interface VerificationFound {
  readonly boundMs: number
  /** The value of the flag's off variant: what the code should default to. */
  readonly offValue: Json
  readonly environments: readonly EnvironmentFound[]
}

/** A result that the checks may rest on. */
export interface Kept<Found> {
  readonly id: string
  readonly evidence: string
  /** Whether what was tried is still what is configured. */
  readonly current: boolean
  /** Of a drill that expires: from when to when it counts, and whether that is over. */
  readonly issuedAt?: string
  readonly expiresAt?: string
  readonly expired?: boolean
  readonly found: Found
}
